"""The smallest stretch of bars on which an invariant still breaks."""

from __future__ import annotations

from collections.abc import Callable

from tools.contracts import Market

FIRST_WINDOW = 48


def smallest_window(market: Market, bar: int, breaks: Callable[[Market], bool]) -> tuple[int, int] | None:
    """(start, stop) of a window that ends just after ``bar`` and breaks, doubling from FIRST_WINDOW and then
    bisecting once more; None when even all bars up to ``bar`` do not break on their own."""
    stop = bar + 1
    size = FIRST_WINDOW
    while size < stop and not breaks(market.cut(stop - size, stop)):
        size *= 2
    if size >= stop:
        return (0, stop) if breaks(market.cut(0, stop)) else None
    smaller = size * 3 // 4
    if smaller >= FIRST_WINDOW and breaks(market.cut(stop - smaller, stop)):
        size = smaller
    return stop - size, stop
