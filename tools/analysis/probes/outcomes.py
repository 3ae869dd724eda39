"""How every condition came out: on the study's markets, and on markets that never were."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tools.analysis.probes.stress import stress_markets
from tools.analysis.silence.instrument import Condition
from tools.analysis.silence.rates import Rate, decode
from tools.analysis.study import Study, differs
from tools.contracts import PRICE_COLUMNS, Floats

RAW = frozenset([*PRICE_COLUMNS, "volume", "quote_volume", "price", "open_", "o", "h", "l", "c", "v"])


@dataclass(frozen=True)
class Seen:
    """One condition's counts. ``unknown`` are outcomes with nothing to compare (NaN on a side, 0 on both);
    ``refused`` are samples with both values that are false."""

    asked: int
    held: int
    left: Floats
    right: Floats
    unknown: int
    refused: int

    @property
    def known(self) -> int:
        """Outcomes, those without a value apart."""
        return self.asked - self.unknown


def seen(rates: Mapping[str, Mapping[int, Rate]], slot: int) -> Seen:
    """The sum over markets."""
    own = [r[slot] for r in rates.values() if slot in r]
    blank = np.empty(0)
    lefts, rights = [r.left for r in own], [r.right for r in own]
    return Seen(
        sum(r.evaluated for r in own),
        sum(r.true for r in own),
        _finite(lefts) if own else blank,
        _finite(rights) if own else blank,
        sum(_unknown(r) for r in own),
        sum(_refused(r) for r in own),
    )


def _blank(rate: Rate) -> np.ndarray:
    """Samples with nothing to compare: no value on a side, or nothing at all on both (a dead market)."""
    return np.asarray(np.isnan(rate.left) | np.isnan(rate.right) | ((rate.left == 0) & (rate.right == 0)))


def _unknown(rate: Rate) -> int:
    """Evaluations with nothing to compare, estimated from the samples."""
    return round(float(np.mean(_blank(rate))) * rate.evaluated) if len(rate.left) else 0


def _refused(rate: Rate) -> int:
    return int(np.sum(~_blank(rate) & (rate.outcome == 0))) if len(rate.left) else 0


def _finite(runs: list[Floats]) -> Floats:
    values = np.concatenate(runs)
    return np.asarray(values[np.isfinite(values)])


_STRESSED: dict[int, tuple[Study, dict[str, dict[int, Rate]]]] = {}


def stressed(study: Study) -> dict[str, dict[int, Rate]]:
    """Rates on the stress markets on which the strategy comes to decisions; kept for the study at hand."""
    known = _STRESSED.get(id(study))
    if known is not None and known[0] is study:
        return known[1]
    base = study.markets[study.by_activity[0]]
    answers = {k: study.traced({m.symbol: m})[m.symbol] for k, m in stress_markets(base).items()}
    rates = {k: decode(a.outcome.trace) for k, a in answers.items() if a.decisions is not None}
    _STRESSED.clear()
    _STRESSED[id(study)] = (study, rates)
    return rates


def changed_when_forced(study: Study, slot: int, outcome: bool) -> int:
    """Decisions that change on two markets when the condition always comes out so."""
    return changed_when_all_forced(study, {slot: outcome})


def changed_when_all_forced(study: Study, outcomes: Mapping[int, bool]) -> int:
    """The same for several conditions at once."""
    answers = study.traced(study.sample(2), forced=outcomes)
    pairs = [(study.decisions[s], a.decisions) for s, a in answers.items() if a.decisions is not None]
    return sum(int(np.count_nonzero(differs(old, new))) for old, new in pairs)


def raw_guard(condition: Condition) -> bool:
    """Whether plain columns are compared with each other or with 0 (``high < low``, ``volume <= 0``): a check of the data."""
    return _plain(condition.left) and (_plain(condition.right) or condition.right.strip("-") in ("0", "0.0"))


def _plain(text: str) -> bool:
    """A column as it came: ``close``, ``bars["high"]``, ``bar.low[i]``, nothing worked out."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return False
    while isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value.lower() in RAW
        node = node.value
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name.lower() in RAW


def is_number(text: str) -> bool:
    """Whether a side is written as a number."""
    try:
        return isinstance(ast.literal_eval(text.strip()), int | float)
    except (ValueError, SyntaxError):
        return False
