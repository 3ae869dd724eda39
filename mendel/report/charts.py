"""Bars as inline SVG: no script, no request, sharp on paper. A bar's length is a percentage of its track, so that it
fits any width; what is not known has no bar."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup


def bar(value: float | None, top: float, kind: str) -> Markup:
    """One bar from zero to ``value`` on a track of 0 to ``top``. ``kind`` is its colour's class."""
    return _svg([(0.0, _part(value, top), kind)], 0.0, top)


def signed_bar(value: float | None, low: float, high: float, kind: str) -> Markup:
    """One bar from zero, to the left where ``value`` is negative. The track runs from ``low`` <= 0 to ``high`` >= 0."""
    if value is None or high <= low:
        return _svg([], low, high)
    zero, end = (100 * (at - low) / (high - low) for at in (0.0, min(max(value, low), high)))
    return _svg([(min(zero, end), abs(end - zero), kind)], low, high, zero)


def span(values: Sequence[float | None]) -> tuple[float, float]:
    """A range that holds every known value and zero."""
    known = [v for v in values if v is not None]
    return min([0.0, *known]), max([0.0, *known])


def _part(value: float | None, top: float) -> float:
    return 0.0 if value is None or top <= 0 else 100 * min(max(value / top, 0.0), 1.0)


def _svg(parts: Sequence[tuple[float, float, str]], low: float, high: float, zero: float = 0.0) -> Markup:
    drawn = Markup("").join(
        Markup('<rect class="v {}" x="{}%" width="{}%" height="100%"/>').format(
            kind, _fixed(x), _fixed(width)
        )
        for x, width, kind in parts
        if width > 0
    )
    axis = Markup('<line x1="{0}%" x2="{0}%" y1="0" y2="100%"/>').format(_fixed(zero)) if low < 0 else ""
    return Markup(
        '<svg class="bar" aria-hidden="true" focusable="false" data-low="{}" data-high="{}" data-zero="{}">'
        '<rect class="track" width="100%" height="100%"/>{}{}</svg>'
    ).format(repr(low), repr(high), _fixed(zero), drawn, axis)


def _fixed(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
