"""Why a symbol is silent: the conditions on the way to an order, how often each lets through, and which one blocks.

Traced rates only suggest. A condition *blocks* when a re-run with it held open gives the symbol trades that it does not
have, and no other single condition does so by more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tools.analysis.silence.cost import forced_trades, starved
from tools.analysis.silence.instrument import Condition, leaves
from tools.analysis.study import Study

#: Re-runs for one symbol: the conditions whose rate falls behind the others' the most.
MOST_RERUNS = 14
#: A condition is worth a re-run when it lets through less than this share of what it does elsewhere.
BEHIND = 0.8


@dataclass(frozen=True)
class Gate:
    """One condition seen from one symbol. Rates are of the outcome that opens it; None = never asked (a rate) or not
    tried (a count)."""

    file: str
    line: int
    condition: str
    function: str
    opens_when: bool
    pass_rate: float | None
    pass_rate_elsewhere: float | None
    blocking: bool = False
    counterfactual_trades: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The shape of ``mendel why-silent``."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Silence:
    """The answer about one symbol. ``gates`` in the order of the code."""

    symbol: str
    trades: int
    starved: bool
    gates: tuple[Gate, ...]
    reference: str
    elsewhere: dict[str, int] = field(default_factory=dict)

    @property
    def blocking(self) -> Gate | None:
        """The condition that keeps the symbol from trading."""
        return next((g for g in self.gates if g.blocking), None)

    def to_json(self) -> dict[str, Any]:
        """The shape of ``mendel why-silent``."""
        return {
            "symbol": self.symbol,
            "trades": self.trades,
            "starved": self.starved,
            "reference": self.reference,
            "trades_elsewhere": self.elsewhere,
            "gates": [g.to_json() for g in self.gates],
        }


def why_silent(study: Study, symbol: str) -> Silence:
    """The funnel of one symbol. It is told for a symbol that trades, too; nothing blocks then unless another condition
    would give it many times more trades."""
    conditions = [c for c in leaves(study.instrumented.conditions) if _asked(study, c)]
    others = [s for s in study.by_activity if s != symbol and not starved(study, s)] or [
        s for s in study.by_activity if s != symbol
    ]
    silent = starved(study, symbol)
    tries = _worth_trying(study, symbol, conditions, others) if silent else []
    counts = {
        (c.slot, v): forced_trades(study, c.slot, v, {symbol: study.markets[symbol]})[symbol]
        for c, v in tries
    }
    best = _best(counts, study, symbol)
    gates = tuple(_gate(study, symbol, c, others, counts, best) for c in conditions)
    elsewhere = {s: study.trades(s) for s in study.by_activity if s != symbol}
    return Silence(symbol, study.trades(symbol), silent, gates, study.by_activity[0], elsewhere)


def _asked(study: Study, condition: Condition) -> bool:
    rates = [study.rates[s].get(condition.slot) for s in study.markets]
    return any(r is not None and r.evaluated and r.boolean for r in rates)


def _rate(study: Study, symbol: str, slot: int, outcome: bool) -> float | None:
    rate = study.rates[symbol].get(slot)
    return None if rate is None else rate.share_of(outcome)


def _elsewhere(study: Study, others: list[str], slot: int, outcome: bool) -> float | None:
    known = [r for s in others if (r := _rate(study, s, slot, outcome)) is not None]
    return median(known) if known else None


def _worth_trying(
    study: Study, symbol: str, conditions: list[Condition], others: list[str]
) -> list[tuple[Condition, bool]]:
    """(condition, outcome) pairs that are rarer here than elsewhere, the widest gap first."""
    ranked: list[tuple[float, int, Condition, bool]] = []
    for condition in conditions:
        for outcome in (True, False):
            here = _rate(study, symbol, condition.slot, outcome)
            there = _elsewhere(study, others, condition.slot, outcome)
            if there and (here is None or here < BEHIND * there):
                ranked.append(((here or 0.0) - there, condition.slot, condition, outcome))
    ranked.sort(key=lambda r: (r[0], r[1]))
    return [(c, v) for _, _, c, v in ranked[:MOST_RERUNS]]


def _best(counts: dict[tuple[int, bool], int | None], study: Study, symbol: str) -> tuple[int, bool] | None:
    """Of the re-runs that free the symbol, the one whose rate falls behind the most: a condition that is rare on every
    symbol gives many trades when held open and still is not what sets this symbol apart. ``counts`` is in that order."""
    most = max(study.trades(s) for s in study.markets)
    enough = max(study.trades(symbol) + 1, 0.01 * most)
    return next((k for k, n in counts.items() if n is not None and n >= enough), None)


def _gate(
    study: Study,
    symbol: str,
    condition: Condition,
    others: list[str],
    counts: dict[tuple[int, bool], int | None],
    best: tuple[int, bool] | None,
) -> Gate:
    tried = [v for v in (True, False) if (condition.slot, v) in counts]
    opens = tried[0] if tried else True
    return Gate(
        file=condition.file,
        line=condition.line,
        condition=condition.text,
        function=condition.function,
        opens_when=opens,
        pass_rate=_rate(study, symbol, condition.slot, opens),
        pass_rate_elsewhere=_elsewhere(study, others, condition.slot, opens),
        blocking=best == (condition.slot, opens),
        counterfactual_trades=counts.get((condition.slot, opens)),
    )
