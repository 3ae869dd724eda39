"""Gate: a fix changes what it says it changes, and nothing else.

Signals are the unit, since trades overlap. Three bounds (DESIGN section 9): symbols with 20 trades or more keep 95 % of
their old signals, warm-up apart; 99 % of the entries that came or went are explained; and where the repaired condition
lets about as much through as before, 95 % of the trades stay.

An entry that came or went is explained when a replay gives it: the *old* code with only the repaired conditions'
outcomes replaced by the new ones must decide exactly what the new code decides. Whatever else the patch did would
show as a difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.analysis.silence.instrument import Condition
from tools.analysis.study import Study, differs
from tools.contracts import DECISION_COLUMNS, Decisions, Floats, Verdict
from tools.evolution.gates.base import Case, verdict

#: Decision columns from here on are sizes and distances; before it stand entries and exits.
FIRST_TERM = DECISION_COLUMNS.index("size")
MIN_TRADES, KEPT_SIGNALS, EXPLAINED, KEPT_TRADES, SAME_RATE = 20, 0.95, 0.99, 0.95, 0.05


@dataclass(frozen=True)
class Change:
    """One symbol's entries before and after. Shares are None where there is nothing to share out."""

    old_signals: int
    kept_signals: int
    warmup_signals: int
    added: int
    lost: int
    explained: int
    trades_before: int
    trades_after: int
    trades_kept: int
    rate_before: float | None
    rate_after: float | None
    other_terms: int
    attribution: dict[str, int]

    @property
    def kept(self) -> float | None:
        """Share of the old signals, warm-up apart, that still stand."""
        counted = self.old_signals - self.warmup_signals
        return self.kept_signals / counted if counted else None


class BehaviourGate:
    """The three bounds of a fix."""

    name = "behaviour"

    def judge(self, case: Case) -> Verdict:
        """Fails with every symbol and bound named that is not met."""
        pairs = matched_conditions(case)
        warmup = int(case.settings.get("warmup", 0))
        changes = {s: measure(case, s, pairs, warmup) for s in sorted(case.before.markets)}
        faults = [fault for s, c in changes.items() for fault in faults_of(s, c)]
        came, explained = (
            sum(c.added + c.lost for c in changes.values()),
            sum(c.explained for c in changes.values()),
        )
        if came and explained < EXPLAINED * came:
            faults.append(
                f"{came - explained} of {came} entries that came or went are not explained by the repaired condition"
            )
        evidence: dict[str, Any] = {s: {**c.__dict__, "kept": c.kept} for s, c in changes.items()}
        share = explained / came if came else None
        return verdict(
            self.name, not faults, faults=faults, explained=share, warmup_bars=warmup, symbols=evidence
        )


def faults_of(symbol: str, change: Change) -> list[str]:
    """Which bounds a symbol does not meet."""
    faults = []
    if change.trades_before >= MIN_TRADES and change.kept is not None and change.kept < KEPT_SIGNALS:
        faults.append(
            f"{symbol}: {change.kept:.1%} of {change.old_signals} old signals still pass, at least {KEPT_SIGNALS:.0%}"
        )
    if change.trades_before >= MIN_TRADES and change.other_terms > (1 - KEPT_SIGNALS) * change.kept_signals:
        faults.append(
            f"{symbol}: {change.other_terms} of {change.kept_signals} old signals get another size, stop or target"
        )
    known = change.rate_before is not None and change.rate_after is not None
    moved = abs(change.rate_after - change.rate_before) if known else 1.0  # type: ignore[operator]
    if (
        change.trades_before >= MIN_TRADES
        and moved <= SAME_RATE
        and change.trades_kept < KEPT_TRADES * change.trades_before
    ):
        faults.append(
            f"{symbol}: {change.trades_kept} of {change.trades_before} trades kept although the condition passes as before"
        )
    return faults


def matched_conditions(case: Case) -> list[tuple[Condition, Condition]]:
    """The repaired conditions in the old and in the new code. They have the same measured side, in the same function."""
    if case.finding is None:
        return []
    pairs = []
    taken: set[int] = set()
    for part in case.finding.details.get("conditions", ()):
        old = _by_node(case.before, part["condition"])
        side = "left" if part["constant_side"] == "right" else "right"
        new = [
            c
            for c in case.after.instrumented.conditions
            if c.kind == "compare"
            and c.slot not in taken
            and (c.file, c.function, c.op) == (old.file, old.function, old.op)
            and getattr(c, side) == getattr(old, side)
        ]
        exact = [c for c in new if c.text != old.text] or new
        if exact:
            taken.add(exact[0].slot)
            pairs.append((old, exact[0]))
    return pairs


def _by_node(study: Study, condition: dict[str, Any]) -> Condition:
    wanted = (condition["file"], tuple(condition["node"]))
    return next(c for c in study.instrumented.conditions if (c.file, c.node) == wanted)


def measure(case: Case, symbol: str, pairs: list[tuple[Condition, Condition]], warmup: int) -> Change:
    """Everything about one symbol."""
    old, new = case.before.decisions[symbol].entries(), case.after.decisions[symbol].entries()
    bars = np.arange(len(old))
    came, went = (new != 0) & (new != old), (old != 0) & (new != old)
    trades = [
        {(t.entry_bar, t.side) for t in s.backtests[symbol].trades if t.entry_bar > warmup}
        for s in (case.before, case.after)
    ]
    replayed, outcomes = _replay(case, symbol, pairs)
    changed = int(came.sum() + went.sum())
    unexplained = (
        changed if replayed is None else int(_entries_differ(replayed, case.after.decisions[symbol]))
    )
    rates = [_rate(s, symbol, [p[k].slot for p in pairs]) for k, s in enumerate((case.before, case.after))]
    return Change(
        old_signals=int((old != 0).sum()),
        kept_signals=int(((old != 0) & (new == old) & (bars >= warmup)).sum()),
        warmup_signals=int(((old != 0) & (bars < warmup)).sum()),
        added=int(came.sum()),
        lost=int(went.sum()),
        explained=max(0, changed - unexplained),
        trades_before=len(trades[0]),
        trades_after=len(trades[1]),
        trades_kept=len(trades[0] & trades[1]),
        rate_before=rates[0],
        rate_after=rates[1],
        other_terms=_other_terms(case, symbol, (old != 0) & (new == old) & (bars >= warmup)),
        attribution=_attribution(np.flatnonzero(came | went), outcomes),
    )


def _other_terms(case: Case, symbol: str, kept: np.ndarray) -> int:
    """Kept signals whose size, stop, target, trail or longest hold is another one."""
    terms = [s.decisions[symbol].values[kept][:, FIRST_TERM:] for s in (case.before, case.after)]
    return int((np.abs(terms[0] - terms[1]) > 1e-9).any(axis=1).sum())


def _entries_differ(a: Decisions, b: Decisions) -> int:
    return int(np.count_nonzero(a.entries() != b.entries())) if differs(a, b).any() else 0


def _rate(study: Study, symbol: str, slots: list[int]) -> float | None:
    shares = [study.rates[symbol][s].share for s in slots if s in study.rates[symbol]]
    known = [s for s in shares if s is not None]
    return sum(known) / len(known) if known else None


def _replay(
    case: Case, symbol: str, pairs: list[tuple[Condition, Condition]]
) -> tuple[Decisions | None, list[tuple[Floats, Floats]]]:
    """What the old code decides with the new outcomes, and the (old, new) outcomes of each condition."""
    if not pairs:
        return None, []
    market = {symbol: case.before.markets[symbol]}
    then = case.before.traced(market, record=tuple(o.slot for o, _ in pairs))[symbol].outcome.series
    now = case.after.traced(market, record=tuple(n.slot for _, n in pairs))[symbol].outcome.series
    replay = {o.slot: now[n.slot] for o, n in pairs}
    answer = case.before.traced(market, replay=replay)[symbol]
    return answer.decisions, [(then[o.slot], now[n.slot]) for o, n in pairs]


def _attribution(bars: np.ndarray, outcomes: list[tuple[Floats, Floats]]) -> dict[str, int]:
    """Changed entries by what changed them: the condition turned on that very bar, or a turn before it re-armed the
    strategy or freed its position. Only array conditions have one outcome a bar; scalar ones count as the latter."""
    turned = np.zeros(int(bars.max()) + 1 if bars.size else 0, dtype=bool)
    for then, now in outcomes:
        n = min(len(turned), len(then), len(now))
        turned[:n] |= (then[:n] != now[:n]) & ~(np.isnan(then[:n]) & np.isnan(now[:n]))
    direct = int(turned[bars].sum()) if bars.size else 0
    return {"condition": direct, "re-arming or position": int(bars.size) - direct}
