"""Invariant: a quantity rises with what its name says.

What is called flow, delta, CVD, pressure or imbalance, and reads the takers' side of the market, must be higher where nine
tenths of the volume are bought by takers than where one tenth is. What is called basis or premium must be higher where the
future is dearer than the spot. The value is overheard while the strategy runs on two markets that differ in that alone.

False-positive risks: names that say the opposite (sell, short, ask, discount, in the name or around it) are left out, and so
is what does not move; a name used for something else moves seldom exactly the wrong way: nine tenths of the bars must.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, Raw, TestPlan, make_finding
from tools.analysis.probes.watch import Watched, named_values, watched_rates
from tools.analysis.study import Study
from tools.contracts import Finding, Market, Severity

OPPOSITE = re.compile(
    r"sell|short|ask|discount|inv|neg|bear|minus|against|abs|divergen|exhaust|spent|volatil|std",
    re.IGNORECASE,
)
CLEAR = 0.9
#: Values that are enough.
ENOUGH = 20
TEST_BARS = 1500
#: A name keeps its meaning on any bars: no need for all of them.
MOST_BARS = 6000


#: A value, the share of bars on which it goes the wrong way, its medians where it should be high and low.
Wrong = tuple[Watched, float, float, float]


@dataclass(frozen=True)
class Meaning:
    """Names, and the two markets between which what they name must rise."""

    what: str
    names: re.Pattern[str]
    push: str


FLOW = Meaning(
    "net taker buying",
    re.compile(
        r"(.*_)?(cvd|delta|flow|pressure|imbalance|order_?flow|net_?(taker|flow|buying|volume)|ofi|"
        r"(taker|buyer?)s?_?(share|ratio|fraction|frac|pct))(_.*)?|net",
        re.IGNORECASE,
    ),
    "taker",
)
BASIS = Meaning(
    "the premium of the future over the spot price",
    re.compile(r"(.*_)?(basis|premium)(_.*)?", re.IGNORECASE),
    "spot",
)


class DirectionProbe:
    """Signs the wrong way round, sides swapped."""

    name = "named_direction"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each meaning, at the innermost value that falls when it should rise."""
        found = []
        market = study.markets[study.by_activity[0]]
        market = market.cut(0, min(len(market), MOST_BARS))
        for meaning in (FLOW, BASIS):
            pair = pushed(market, meaning.push)
            watched = [w for w in named_values(study) if _means(w, meaning)]
            if pair is not None and watched:
                conviction = self._try(study, meaning, watched, pair)
                found += [conviction] if conviction else []
        return found

    def _try(
        self, study: Study, meaning: Meaning, watched: list[Watched], pair: tuple[Market, Market, str]
    ) -> Conviction | None:
        wrong = self._falling(study, watched, pair)
        if not wrong:
            return None
        return self._write_up(study, meaning, self._inside(study, wrong, pair), pair)

    def _inside(self, study: Study, wrong: list[Wrong], pair: tuple[Market, Market, str]) -> list[Wrong]:
        """Where the wrong value is what a function of the product returns: the first value that is worked out in it and falls
        already."""
        first = innermost(wrong)
        call = ast.parse(first[0].text, mode="eval").body
        around = first[0].function.rpartition(".")[2]
        called = _name(call.func) if isinstance(call, ast.Call) else around
        if called == around and first[0].name != around:
            return wrong  # worked out where it stands: what it is made of means something else
        inner = [
            w
            for w in named_values(study)
            if w.function.rpartition(".")[2] == called and not OPPOSITE.search(w.name) and _worked_out(w.text)
        ]
        found = self._falling(study, inner, pair) if inner else []
        return sorted(found, key=lambda w: w[0].position)[:1] or wrong

    def _falling(self, study: Study, watched: list[Watched], pair: tuple[Market, Market, str]) -> list[Wrong]:
        """Those that are lower where they should be higher."""
        high, low, _ = pair
        up = watched_rates(study, watched, {high.symbol: high})[high.symbol]
        down = watched_rates(study, watched, {low.symbol: low})[low.symbol]
        wrong = []
        for item, a, b in zip(watched, up, down, strict=True):
            share = None if a is None or b is None else falling(a.left, b.left)
            if a is not None and b is not None and share is not None and share > CLEAR:
                wrong.append((item, share, float(np.nanmedian(a.left)), float(np.nanmedian(b.left))))
        return wrong

    def _write_up(
        self,
        study: Study,
        meaning: Meaning,
        wrong: list[Wrong],
        pair: tuple[Market, Market, str],
    ) -> Conviction:
        item, share, high, low = innermost(wrong)
        evidence: dict[str, Any] = {
            "probe": self.name,
            "quantity": item.name,
            "expression": item.text,
            "share_of_bars_the_wrong_way": share,
            "where_it_should_be_high": high,
            "where_it_should_be_low": low,
        }
        text = (
            f"`{item.text}` ({item.name} in {item.function}()) is to be {meaning.what}, and falls when that rises: "
            f"{high:.4g} where it should be high, {low:.4g} where it should be low."
        )
        finding = make_finding(
            "named_direction", Severity.CRITICAL, (item.file, item.line, item.text), text, evidence
        )
        function = item.function if item.function != "<module>" else ""
        arguments = {"file": item.file, "name": item.name, "function": function, "push": Raw(pair[2])}
        symbol = pair[0].symbol
        return Conviction(
            finding, TestPlan("direction", symbol, 0, min(TEST_BARS, len(study.markets[symbol])), arguments)
        )


def falling(high: np.ndarray, low: np.ndarray) -> float | None:
    """The share of bars on which the quantity is lower where it should be high; None where that cannot be told. A bot that asks on
    other bars of the two markets is judged by all pairs of values."""
    if len(high) == len(low):
        known = np.isfinite(high) & np.isfinite(low) & (high != low)
        return float(np.mean(high[known] < low[known])) if known.sum() >= ENOUGH else None
    a, b = high[np.isfinite(high)], low[np.isfinite(low)]
    if min(a.size, b.size) < ENOUGH:
        return None
    return float(np.mean(a[:, None] < b[None, :]))


def innermost(wrong: list[Wrong]) -> Wrong:
    """The first that is not made of another one: what a function returns wrongly is wrong where it is called, too."""
    makers = {w[0].function.rpartition(".")[2] for w in wrong}

    def made(item: Watched) -> bool:
        called = {
            _name(n.func) for n in ast.walk(ast.parse(item.text, mode="eval")) if isinstance(n, ast.Call)
        }
        return bool(called & (makers - {item.function.rpartition(".")[2]}))

    return next((w for w in wrong if not made(w[0])), wrong[0])


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _worked_out(text: str) -> bool:
    """Whether it is more than a column that is read."""
    return any(isinstance(n, ast.BinOp | ast.UnaryOp) for n in ast.walk(ast.parse(text, mode="eval")))


def _means(item: Watched, meaning: Meaning) -> bool:
    return bool(meaning.names.fullmatch(item.name)) and not OPPOSITE.search(item.name)


def pushed(market: Market, push: str) -> tuple[Market, Market, str] | None:
    """(high, low, statement of the test that sets ``share`` of it); None where the market has no such column."""
    if push == "taker":
        return _takers(market)
    spots = [n for n in market.columns if "spot" in n.lower() and n in market.columns_of("price")]
    if not spots:
        return None
    close = market.columns["close"]
    pair = [market.with_columns(dict.fromkeys(spots, close * (1.5 - share))) for share in (0.9, 0.1)]
    return pair[0], pair[1], f'frame[{spots!r}] = frame[["close"] * {len(spots)}].to_numpy() * (1.5 - share)'


def _takers(market: Market) -> tuple[Market, Market, str] | None:
    names = [n for n in market.columns_of("flow") if "buy" in n.lower()]
    volumes = market.columns_of("volume")
    if not names or not volumes:
        return None
    quoted = market.columns_of("quote_volume")
    columns = {n: (quoted[0] if "quote" in n.lower() and quoted else volumes[0]) for n in names}
    pair = [
        market.with_columns({n: market.columns[c] * share for n, c in columns.items()})
        for share in (0.9, 0.1)
    ]
    lines = "; ".join(f'frame["{n}"] = frame["{c}"] * share' for n, c in columns.items())
    return pair[0], pair[1], lines
