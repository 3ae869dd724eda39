"""How long a strategy says that it needs before its decisions count, and whether they are the same after that from any start.

A freqtrade class says it itself: ``startup_candle_count``. Nothing else does; then a quarter of the bars is given. Well after
means TIMES as long: the rest of an average's memory after once its length (e^-2) is large, after three times (e^-6) it is not.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

import numpy as np

from tools.analysis.study import Study
from tools.contracts import Market

#: Multiples of the declared warm-up after which the start must be forgotten, and bars at least.
TIMES, LEAST_BARS = 3, 60
#: Parts of the bars that are left out; the first two are those of the other comparison.
SHARES = (1 / 4, 1 / 3, 1 / 2, 0.65)
#: Entries that must differ from one start.
LEAST = 3
DECLARED = "startup_candle_count"


@dataclass(frozen=True)
class Warmup:
    """``bars`` that the strategy asks for and the line that says so; a quarter of the market and no line where none does."""

    bars: int
    place: tuple[str, int] | None

    @property
    def settled(self) -> int:
        """Bars after a start from which on it must be forgotten."""
        return max(TIMES * self.bars, self.bars + LEAST_BARS) if self.place else self.bars


@dataclass(frozen=True)
class Unsettled:
    """Entries that differ from bar ``settled`` on when the first ``cut`` bars are left out. ``first`` is the first of them."""

    market: Market
    warmup: Warmup
    cut: int
    settled: int
    changed: int
    entries: int
    first: int


def warmup_of(study: Study, market: Market) -> Warmup:
    """What the strategy declares; else a quarter of the market."""
    if study.system.config.strategy.kind == "freqtrade":
        found = _declared(study)
        if found:
            bars, place = max(found)
            return Warmup(bars, place)
    return Warmup(len(market) // 4, None)


def _declared(study: Study) -> list[tuple[int, tuple[str, int]]]:
    """(bars, place): of the class itself where it says so, else of every class in the relevant files; numbers only."""
    name = (study.system.config.strategy.entry or ":").partition(":")[2]
    files = [f for f in study.tree.product() if f.path in study.architecture.relevant]
    classes = [(f.path, c) for f in files for c in ast.walk(f.tree) if isinstance(c, ast.ClassDef)]
    own = [(path, c) for path, c in classes if c.name == name]
    return _numbers(own) or _numbers(classes)


def _numbers(classes: list[tuple[str, ast.ClassDef]]) -> list[tuple[int, tuple[str, int]]]:
    found = []
    for path, item in classes:
        for node in ast.walk(item):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                named = getattr(target, "id", getattr(target, "attr", ""))
                if named == DECLARED and isinstance(node.value.value, int) and node.value.value > 0:
                    found.append((node.value.value, (path, node.lineno)))
    return found


def unsettled(study: Study) -> Unsettled | None:
    """The start from which most entries differ, on the first market where LEAST do; None where every start is forgotten."""
    for market in study.sample(3).values():
        warmup = warmup_of(study, market)
        found = max(_starts(study, market, warmup), key=lambda u: u.changed, default=None)
        if found is not None and found.changed >= LEAST:
            return found
    return None


def _starts(study: Study, market: Market, warmup: Warmup) -> list[Unsettled]:
    bars = len(market)
    cuts = [int(bars * share) + 5 for share in SHARES]
    cuts = [cut for cut in cuts if cut + warmup.settled < bars]
    answers = study.runner.decide_many(study.bundle, {str(cut): market.cut(cut, bars) for cut in cuts})
    whole = study.decisions[market.symbol].entries()
    found = []
    for cut in cuts:
        later = answers[str(cut)].decisions
        if later is not None:
            settled = cut + warmup.settled
            usual, then = whole[settled:], later.entries()[settled - cut :]
            moved = np.flatnonzero(usual != then)
            first = settled + int(moved[0]) if moved.size else -1
            entries = int(np.count_nonzero(usual))
            found.append(Unsettled(market, warmup, cut, settled, int(moved.size), entries, first))
    return found
