"""Gate: the frozen patch is better on bars that it was not made on.

Daily net returns after minus before, symbols summed, on the confirmation segment, a day's embargo at its start; the
reference is the old system as it is or, where that is harder, thinned out to the new number of trades. The p-value is
the larger of two tests (see tools.statistics.paired), held against a level that is taken from the ledger *before* it is
looked at. Half a year can rarely tell: then the answer is ``underpowered``, with the months it would take.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.analysis.study import Study
from tools.backtest.daily import DAY_NS, daily_equity, daily_returns
from tools.contracts import Floats, GateVerdict, Ints, Verdict
from tools.evolution.gates.base import Case
from tools.evolution.gates.confirm_parts import inferior
from tools.optimization.segments import SegmentError, Segments, split
from tools.statistics.online import SETTLED, AlphaLedger, Spent
from tools.statistics.paired import PairedDays, daily_differences, paired_test
from tools.statistics.power import months_needed

#: The least gain worth a change: Sharpe points a year of the system's own P&L.
MIN_SHARPE_GAIN = 0.5
FEWEST_DAYS = 20
DAYS_A_YEAR = 365
#: For the months needed, where no ledger says what the level is. Nothing passes by it.
NOMINAL_LEVEL = 0.05
STREAM = "confirm:{kind}"


@dataclass(frozen=True)
class Level:
    """What p has to be at most. ``spent`` is what was taken from the ledger just now; only a level that was taken, now or when
    this very patch was judged before, lets a patch pass."""

    value: float
    spent: Spent | None
    taken: bool
    note: str


class ConfirmGate:
    """Better on later bars, or can't tell."""

    name = "confirm"

    def judge(self, case: Case) -> Verdict:
        """``pass`` only with a spent level. ``fail`` where the 95 % interval excludes the minimum gain, or a symbol or a regime
        got worse by more than the margin; else ``underpowered``."""
        try:
            segments = split(case.before.markets, case.before.until_ns)
        except SegmentError as error:
            return Verdict(self.name, GateVerdict.UNKNOWN, {"why": str(error)})
        days, differences = fair_differences(case.before, case.after, segments)
        if len(days) < FEWEST_DAYS:
            why = f"{len(days)} days to confirm on, needs {FEWEST_DAYS}; give more data"
            return Verdict(self.name, GateVerdict.UNDERPOWERED, {"days": len(days), "why": why})
        level = _take(case, segments)
        found = paired_test(differences, _rng(case.patch.digest))
        if level.spent is not None and case.ledger is not None:
            _settle(case, level.spent, found)
        return _verdict(self.name, case, segments, level, found)


def summed_differences(
    before: Study, after: Study, segments: Segments, share: float = 1.0
) -> tuple[Ints, Floats]:
    """UTC days of the confirmation, the first left out, and after minus before: daily net returns summed over the symbols.
    ``share`` scales the returns before."""
    first = segments.confirm_ns // DAY_NS
    days, values = summed(before)
    return daily_differences((days, share * values), summed(after), embargo_before=first - 1)


def fair_differences(before: Study, after: Study, segments: Segments) -> tuple[Ints, Floats]:
    """The same, or, where that is less, against the old system thinned out to the new one's number of trades: a system that
    loses gets better by trading less, which needs no idea."""
    days, plain = summed_differences(before, after, segments)
    old, new = (sum(study.trades(s) for s in study.markets) for study in (before, after))
    share = min(1.0, new / old) if old else 1.0
    _, thinned = summed_differences(before, after, segments, share=share)
    return days, min(plain, thinned, key=lambda d: float(d.mean()) if len(d) else 0.0)


def summed(study: Study) -> tuple[Ints, Floats]:
    """UTC days that any symbol has, and the sum of the symbols' daily net returns on them (fractions of each account)."""
    total: dict[int, float] = {}
    for backtest in study.backtests.values():
        for day, value in zip(
            daily_equity(backtest)[0].tolist(), daily_returns(backtest).tolist(), strict=True
        ):
            total[day] = total.get(day, 0.0) + value
    days = sorted(total)
    return np.array(days, dtype=np.int64), np.array([total[d] for d in days])


def _take(case: Case, segments: Segments) -> Level:
    """The level of this test. It is taken once for a patch, and only where nothing else stands in the patch's way."""
    if case.ledger is None:
        return Level(
            NOMINAL_LEVEL, None, False, "no ledger was given, so no level could be taken: nothing can pass"
        )
    alpha, stream = AlphaLedger(case.ledger), STREAM.format(kind=case.patch.kind.value)
    known = _taken_before(case)
    if known is not None:
        return Level(known, None, True, "taken when this patch was first confirmed")
    if case.blocked:
        blocked = ", ".join(case.blocked)
        return Level(alpha.next_level(stream), None, False, f"not taken: blocked by {blocked}")
    body = {"patch": case.patch.id, "digest": case.patch.digest, "segments": segments.to_json()}
    spent = alpha.spend(stream, body)
    return Level(spent.level, spent, True, f"test {spent.index} of the stream {stream}")


def _taken_before(case: Case) -> float | None:
    assert case.ledger is not None
    for entry in case.ledger.entries(SETTLED):
        if entry.body.get("digest") == case.patch.digest:
            return float(entry.body["level"])
    return None


def _settle(case: Case, spent: Spent, found: PairedDays) -> None:
    assert case.ledger is not None
    body = {"patch": case.patch.id, "digest": case.patch.digest, "level": spent.level, "mean": found.mean}
    AlphaLedger(case.ledger).settle(spent, found.p, body)


def _verdict(name: str, case: Case, segments: Segments, level: Level, found: PairedDays) -> Verdict:
    spread = _spread(case.before, segments)
    least = float(MIN_SHARPE_GAIN * spread / np.sqrt(DAYS_A_YEAR))
    months = months_needed(found.days, found.se, least, level.value)
    worse, margins = inferior(case.before, case.after, segments)
    evidence: dict[str, Any] = {
        "segments": segments.to_json(),
        "days": found.days,
        "effect_bps_a_day": 1e4 * found.mean,
        "ci_bps_a_day": [1e4 * found.low, 1e4 * found.high],
        "minimum_bps_a_day": 1e4 * least,
        "minimum": f"{MIN_SHARPE_GAIN} Sharpe points a year",
        "p": found.p,
        "p_sign_flip": found.p_sign_flip,
        "p_bootstrap": found.p_bootstrap,
        "level": level.value,
        "level_note": level.note,
        "months_needed": months,
        "non_inferior": margins,
    }
    if worse:
        return Verdict(name, GateVerdict.FAIL, {**evidence, "faults": worse, "why": "; ".join(worse)})
    if found.p <= level.value and found.mean >= least and level.taken:
        return Verdict(name, GateVerdict.PASS, evidence)
    if found.high < least:
        why = f"the 95 % interval excludes the least useful gain ({1e4 * least:.2f} bps a day)"
        return Verdict(name, GateVerdict.FAIL, {**evidence, "why": f"{_words(found)}; {why}"})
    return Verdict(
        name, GateVerdict.UNDERPOWERED, {**evidence, "why": _cannot_tell(found, level, least, months)}
    )


def _words(found: PairedDays) -> str:
    return (
        f"effect {1e4 * found.mean:+.2f} bps a day, symbols summed "
        f"(95 % interval {1e4 * found.low:+.2f}..{1e4 * found.high:+.2f}), p = {found.p:.3f}, n = {found.days} days"
    )


def _cannot_tell(found: PairedDays, level: Level, least: float, months: float | None) -> str:
    if months is None:
        needs = "how much data it would take is not known"
    else:
        needs = f"showing {1e4 * least:.2f} bps a day at the level {level.value:.4f} takes about {months:.0f} months to confirm on"
    return f"can't tell yet: {_words(found)}; level {level.value:.4f} ({level.note}); {needs}. Not evidence against the idea"


def _spread(study: Study, segments: Segments) -> float:
    """Standard deviation of the system's own daily P&L, symbols summed, on the development segment."""
    days, values = summed(study)
    return float(np.std(values[days < segments.confirm_ns // DAY_NS], ddof=1))


def _rng(digest: str) -> np.random.Generator:
    """The same draws for the same patch, on any machine."""
    return np.random.default_rng(int(hashlib.sha256(digest.encode()).hexdigest()[:16], 16))
