"""Re-runs of one symbol with gates held open: which ones free it, and which of those is the root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tools.analysis.silence.rates import Rate, decode
from tools.analysis.study import Study

#: A gate that is open so much less often than elsewhere is behind; it has caught up again above that.
BEHIND = 0.8
#: Gates tried in pairs, and together.
PAIRED, TOGETHER = 5, 8
Key = tuple[int, bool]


@dataclass(frozen=True)
class Rerun:
    """What a symbol does with gates held open. ``trades``: opened ones, the last may be open still; ``entries``: how often
    an entry begins to be asked for (a gate that an exit needs, too, may leave one long trade). None = it fails."""

    forced: tuple[Key, ...]
    trades: int | None
    entries: int | None
    rates: Mapping[int, Rate]

    def frees(self, enough: float) -> bool:
        """Whether that is as much as ``enough`` trades."""
        return self.trades is not None and max(self.trades, self.entries or 0) >= enough


@dataclass(frozen=True)
class Answer:
    """``forced`` is the smallest set of gates found that frees the symbol; empty where none does."""

    singles: dict[Key, Rerun]
    forced: tuple[Key, ...]
    trades: int | None


def rerun(study: Study, symbol: str, forced: Sequence[Key]) -> Rerun:
    """One run."""
    asked = dict(forced)
    answer = study.traced({symbol: study.markets[symbol]}, forced=asked)[symbol]
    if answer.decisions is None:
        return Rerun(tuple(forced), None, None, {})
    backtest = study.simulate({symbol: answer.decisions})[symbol]
    begun = int(np.count_nonzero(np.diff(answer.decisions.entries(), prepend=np.int8(0)) != 0))
    entries = min(begun, int(np.count_nonzero(answer.decisions.entries())))
    return Rerun(tuple(forced), len(backtest.trades), entries, decode(answer.outcome.trace))


def opening(
    study: Study, symbol: str, candidates: Sequence[Key], elsewhere: Mapping[Key, float | None], enough: float
) -> Answer:
    """Tries each candidate alone; where none frees the symbol, pairs, then all of them, as few as will do.

    Of several that free it alone, the root is the one that makes most of the others catch up: a score that passes its cut
    once a floor is lifted is not what blocks. Ties go to the first, which is the one that is furthest behind."""
    singles = {key: rerun(study, symbol, [key]) for key in candidates}
    freeing = [k for k, run in singles.items() if run.frees(enough)]
    if freeing:
        root = max(freeing, key=lambda k: _lifted(singles[k], candidates, elsewhere))
        return Answer(singles, (root,), singles[root].trades)
    for pair in combinations(candidates[:PAIRED], 2):
        if pair[0][0] != pair[1][0]:
            run = rerun(study, symbol, pair)
            if run.frees(enough):
                return Answer(singles, pair, run.trades)
    return Answer(singles, *_together(study, symbol, candidates, enough))


def _lifted(run: Rerun, candidates: Sequence[Key], elsewhere: Mapping[Key, float | None]) -> int:
    """How many of the other gates that are behind are not any more."""
    held = {slot for slot, _ in run.forced}
    count = 0
    for slot, outcome in candidates:
        if slot in held or slot not in run.rates:
            continue
        now, wanted = run.rates[slot].share_of(outcome), elsewhere.get((slot, outcome))
        count += now is not None and now > 0 and now >= BEHIND * (wanted or 0.0)
    return count


def _together(
    study: Study, symbol: str, candidates: Sequence[Key], enough: float
) -> tuple[tuple[Key, ...], int | None]:
    chosen: dict[int, bool] = {}
    for slot, outcome in candidates:
        if len(chosen) < TOGETHER:
            chosen.setdefault(slot, outcome)
    keys = list(chosen.items())
    if len(keys) < 3:
        return (), None
    best = rerun(study, symbol, keys)
    if not best.frees(enough):
        return (), None
    for key in list(keys):
        less = rerun(study, symbol, [k for k in best.forced if k != key])
        if less.frees(enough):
            best = less
    return best.forced, best.trades
