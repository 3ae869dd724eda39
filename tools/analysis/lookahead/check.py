"""Does a decision change when the future arrives? A sound strategy's does not.

Proof: the strategy sees the bars up to a cut, and then the same bars with a future: the real one, and a scrambled
one. What it decided before the cut must be the same to within rounding, whatever its memory is (a recursive
indicator's past does not move when the future does). The cuts stand just after the signals of the trades and the bars
that earned most, after other decisions, and early, where a back-fill shows.

Search: cuts alone miss a peek on one bar in a hundred. So bars far apart are nudged, many in one run; where a decision
just before a nudged bar moves, that may be the past's echo or a peek. Nudging only those bars again thins out the
echoes, a few far apart last, and the cut above decides on what is left. The search can therefore only miss, never accuse.

A strategy that memorised the answers passes: only unseen data catches that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tools.analysis.lookahead.futures import nudged, scrambled
from tools.contracts import Backtest, Decisions, Floats, Market

#: Relative, on float columns: rolling sums and recursions round the same, unstable ones nearly so.
TOLERANCE = 1e-9
BEST_TRADES, BEST_BARS, OTHER_DECISIONS, SPREAD_CUTS = 5, 3, 5, 2
EARLY_CUTS = (12, 30, 75, 200)
SHORTEST = 11
SPACING, REACH = 24, 12
#: Runs of the search: more where the market is short and a run is cheap.
FEWEST, MOST, SEARCHED_BARS = 6, 24, 72_000
REFINEMENTS, GROUPS, SUSPECTS = 2, 3, 6
#: Cuts that are asked about at once: as many markets are held in memory, twice.
BATCH = 6
#: A missing future shows nearly everything; another future is tried at each third cut besides.
SCRAMBLED_EVERY = 3

#: Asks the strategy about several markets at once; None where it gave no decisions.
Ask = Callable[[Sequence[Market]], Sequence[Decisions | None]]


@dataclass(frozen=True)
class Break:
    """A past that changed: the cut, which future changed it, the last bar that moved and what was decided then."""

    cut: int
    future: str
    bars: int
    bar: int
    then: Decisions


@dataclass(frozen=True)
class Check:
    """``broken`` is the proof, None where none was found; ``cuts`` that gave an answer; ``unanswered`` runs in
    which the strategy gave no decisions; ``searched`` bars that were nudged."""

    broken: Break | None
    cuts: int
    unanswered: int
    searched: int = 0

    @property
    def known(self) -> bool:
        """Whether there is an answer at all."""
        return self.broken is not None or self.cuts > 0


@dataclass
class _Tally:
    cuts: int = 0
    unanswered: int = 0
    tried: set[int] = field(default_factory=set)


def check_lookahead(
    ask: Ask, market: Market, whole: Decisions, backtest: Backtest | None = None, *, search: bool = True
) -> Check:
    """Look for a break. ``whole`` is what the strategy decides on all of ``market``; ``backtest`` its account.
    Without ``search`` there are only the cuts (about 26 runs instead of 32 to 100)."""
    tally = _Tally()
    broken = first_break(ask, market, whole, cuts_of(market, whole, backtest), tally)
    searched = 0
    if broken is None and search:
        broken, searched = _search(ask, market, whole, tally)
    return Check(broken, tally.cuts, tally.unanswered, searched)


def first_break(
    ask: Ask, market: Market, whole: Decisions, cuts: Sequence[int], tally: _Tally | None = None
) -> Break | None:
    """The first of ``cuts`` at which the past changes; None when it never does."""
    tally = tally or _Tally()
    fresh = [cut for cut in cuts if cut not in tally.tried]
    tally.tried.update(fresh)
    for some in (fresh[k : k + BATCH] for k in range(0, len(fresh), BATCH)):
        found = _broken_at(ask, market, whole, some, tally)
        if found is not None:
            return found
    return None


def _broken_at(
    ask: Ask, market: Market, whole: Decisions, cuts: Sequence[int], tally: _Tally
) -> Break | None:
    futures = [
        (cut, name, bars)
        for place, cut in enumerate(cuts)
        for name, bars in (("none", market.cut(0, cut)), ("scrambled", scrambled(market, cut)))
        if name == "none" or place % SCRAMBLED_EVERY == 0
    ]
    answers = ask([bars for _, _, bars in futures])
    found: list[Break] = []
    for (cut, name, _), then in zip(futures, answers, strict=True):
        if then is None:
            tally.unanswered += 1
            continue
        tally.cuts += 1
        moved = np.flatnonzero(moves(whole.values[:cut], then.values[:cut]))
        if moved.size:
            found.append(Break(cut, name, int(moved.size), int(moved[-1]), then))
    return found[0] if found else None


def moves(before: Floats, after: Floats) -> np.ndarray:
    """Bool per bar: the two tables (bars, columns) disagree there by more than rounding."""
    gap = np.abs(before - after)
    return np.asarray((gap > TOLERANCE * np.maximum(np.abs(before), 1.0)).any(axis=1))


def cuts_of(market: Market, whole: Decisions, backtest: Backtest | None) -> list[int]:
    """Bar counts at which to cut, sorted."""
    bars = len(market)
    active = np.flatnonzero((whole.values[:, :4] > 0).any(axis=1)) + 1
    chosen = active[np.linspace(0, len(active) - 1, OTHER_DECISIONS).astype(int)] if len(active) else []
    spread = np.linspace(0, bars, SPREAD_CUTS + 2)[1:-1].astype(int)
    cuts = {int(cut) for cut in (*EARLY_CUTS, *chosen, *spread)}
    if backtest is not None:
        best = sorted(backtest.trades, key=lambda t: -t.pnl)[:BEST_TRADES]
        earned = np.diff(backtest.equity, prepend=backtest.equity[:1])
        cuts |= {t.entry_bar for t in best} | {int(bar) for bar in np.argsort(-earned)[:BEST_BARS]}
    return sorted(cut for cut in cuts if SHORTEST < cut < bars)


def _search(ask: Ask, market: Market, whole: Decisions, tally: _Tally) -> tuple[Break | None, int]:
    """Nudge bars all over the market; (a proven break, how many bars were nudged)."""
    searches = min(MOST, max(FEWEST, SEARCHED_BARS // len(market)))
    rounds = [_far_apart(len(market), seed) for seed in range(searches)]
    answers = ask([nudged(market, places, k) for k, places in enumerate(rounds)])
    for k, (places, then) in enumerate(zip(rounds, answers, strict=True)):
        if then is None:
            tally.unanswered += 1
            continue
        suspects = _refine(ask, market, whole, _suspects(whole, then, places), k)
        broken = first_break(ask, market, whole, suspects, tally)
        if broken is not None:
            return broken, sum(map(len, rounds))
    return None, sum(map(len, rounds))


def _far_apart(bars: int, seed: int) -> np.ndarray:
    """Bars that are SPACING apart on average and never closer than half of it. Irregular, or a strategy with a
    rhythm of its own could fall between them."""
    gaps = np.random.default_rng(seed).integers(
        SPACING // 2, SPACING * 3 // 2 + 1, bars // (SPACING // 2) + 1
    )
    places = SHORTEST + np.cumsum(gaps)
    return np.asarray(places[places < bars])


def _suspects(whole: Decisions, then: Decisions, places: np.ndarray) -> np.ndarray:
    """The nudged bars just before which a decision moved."""
    moved = np.concatenate([[0], np.cumsum(moves(whole.values, then.values))])
    return np.asarray(places[moved[places] > moved[np.maximum(places - REACH, 0)]])


def _refine(ask: Ask, market: Market, whole: Decisions, suspects: np.ndarray, seed: int) -> list[int]:
    """Nudge the suspects alone, thinned out, so that the echoes of the others are gone; at most SUSPECTS that
    remain."""
    for _ in range(REFINEMENTS):
        if len(suspects) <= SUSPECTS:
            break
        groups = [suspects[k::GROUPS] for k in range(GROUPS)]
        answers = ask([nudged(market, group, seed) for group in groups])
        left = [
            _suspects(whole, then, group)
            for group, then in zip(groups, answers, strict=True)
            if then is not None
        ]
        suspects = np.sort(np.concatenate(left)) if left else suspects[:0]
    picked = np.linspace(0, len(suspects) - 1, min(SUSPECTS, len(suspects))).astype(int)
    return [int(cut) for cut in _apart(ask, market, whole, suspects[picked], seed)]


def _apart(ask: Ask, market: Market, whole: Decisions, suspects: np.ndarray, seed: int) -> np.ndarray:
    """Those of a few suspects, far from each other by now, that still move what was decided before them. One run
    instead of a cut for each."""
    if not len(suspects):
        return suspects
    (then,) = ask([nudged(market, suspects, seed)])
    return suspects if then is None else _suspects(whole, then, suspects)
