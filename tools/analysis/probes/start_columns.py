"""Which named value does not forget where the data starts: overheard at the same bars from two starts.

The strategy runs on the last L bars and on the last 2 L. Of each column that gets a name the tracer samples 256 rows, evenly;
L is chosen so that half of the rows of the short run are rows of the long one. A value that differs at most of them, well after
the warm-up, by more than a part of itself that rounding or a fading average would leave, does not forget. What is made of such
a value is not told, nor one that is read by its differences only, nor one whose past depends on where the data ends: that is
a look-ahead, which is another probe's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import numpy as np

from sandbox.host.contracts import TRACE_SAMPLES
from tools.analysis.probes.reads import Reads
from tools.analysis.probes.start_level import is_total
from tools.analysis.probes.watch import Watched, named_values, watched_rates
from tools.analysis.silence.rates import Rate
from tools.analysis.study import Study
from tools.contracts import DECISION_COLUMNS, Floats, Market

#: A part of the value itself: what freqtrade's recursive-analysis counts; ten times that where no warm-up is declared.
DECLARED, MEASURED = 1e-4, 1e-3
#: The part of the bars compared at which a value must differ.
MOST = 0.5
#: Rows that must be left to compare.
FEW = 12
Rates = Mapping[str, list[Rate | None]]


def unforgetting(study: Study, market: Market, settled: int, tolerance: float) -> Watched | None:
    """The first named value, in the order of the source, that still depends on the start ``settled`` bars after it; None where
    there is none, or the market is too short to tell."""
    step = (len(market) - 1) // (2 * (TRACE_SAMPLES - 1))
    watched = named_values(study)
    if not watched or step * (TRACE_SAMPLES - 1) <= settled:
        return None
    rates = watched_rates(study, watched, _windows(market, step), columns_only=True)
    moved = []
    for k, item in enumerate(watched):
        size = _apart(rates, k, step, settled, tolerance)
        if (
            size is not None
            and item.name not in DECISION_COLUMNS
            and not item.name.startswith(("enter_", "exit_"))
        ):
            moved.append((item, size))
    once = [item for item, calls in moved if calls == 1] or [item for item, _ in moved]
    names = {w.name for w in once}
    first = [w for w in once if not (names - {w.name}) & set(_names(w.text)) and _level_matters(study, w)]
    # where a total is made, rather than what is made of it elsewhere
    own = [w for w in first if any(is_total(n) for n in ast.walk(ast.parse(w.text, mode="eval")))]
    return next(iter([*own, *first]), None)


def _windows(market: Market, step: int) -> dict[str, Market]:
    half, bars = step * (TRACE_SAMPLES - 1), len(market)
    first = bars - 2 * half - 1
    return {
        "long": market.cut(first, bars),
        "late": market.cut(bars - half - 1, bars),
        "early": market.cut(first, first + half + 1),
    }


def _apart(rates: Rates, k: int, step: int, settled: int, tolerance: float) -> int | None:
    """How often the value was made, where it depends on the start but not on the end; else None."""
    long, late, early = (rates[name][k] for name in ("long", "late", "early"))
    half = step * (TRACE_SAMPLES - 1)
    if not (_whole(long, 2 * half + 1) and _whole(late, half + 1) and _whole(early, half + 1)):
        return None
    assert long is not None and late is not None and early is not None
    middle = TRACE_SAMPLES // 2
    same_end = long.left[middle:], late.left[1::2]
    enough = np.arange(1, TRACE_SAMPLES, 2) * step >= settled
    if not _differ(same_end[0][enough], same_end[1][enough], tolerance):
        return None
    if _differ(long.left[:middle], early.left[::2], tolerance):
        return None
    return long.calls


def _whole(rate: Rate | None, bars: int) -> bool:
    """Whether a value is a column with a row for every bar."""
    if rate is None or not rate.vector or len(rate.left) != TRACE_SAMPLES:
        return False
    return rate.evaluated == rate.calls * bars


def _differ(a: Floats, b: Floats, tolerance: float) -> bool:
    known = np.isfinite(a) & np.isfinite(b)
    if np.count_nonzero(known) < FEW:
        return False
    gap = np.abs(a - b)[known] > tolerance * np.maximum(np.abs(a), np.abs(b))[known]
    return bool(np.mean(gap) > MOST)


def _level_matters(study: Study, item: Watched) -> bool:
    """Whether something reads the value otherwise than by its differences."""
    name = re.escape(item.name)
    difference = re.compile(rf"\b{name}\b['\"\])]*\.diff\b|\b{name}\b['\"\])]* - .*\b{name}\b")
    loads = Reads(study).loads.get(item.name, ())
    return not loads or any(not difference.search(ast.unparse(d.statement)) for d in loads)


def _names(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text, mode="eval")):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
