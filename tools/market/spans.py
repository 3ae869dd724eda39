"""Stretches of time: half-open ``(start, end)`` pairs of whole numbers, in whatever unit the caller keeps."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in the fewest spans, in order. Empty spans vanish."""
    done: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if done and start <= done[-1][1]:
            done[-1] = (done[-1][0], max(end, done[-1][1]))
        else:
            done.append((start, end))
    return tuple(done)


def without(span: Span, covered: Iterable[Span]) -> tuple[Span, ...]:
    """The parts of ``span`` that ``covered`` does not hold, in order."""
    left: list[Span] = []
    at, end = span
    for first, last in merged(covered):
        if last <= at or first >= end:
            continue
        if first > at:
            left.append((at, first))
        at = max(at, last)
    return (*left, (at, end)) if at < end else tuple(left)
