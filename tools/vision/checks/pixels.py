"""Chart model -> pixels: is there ink in each plot, and a marker's colour where each marker should be. Only warns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tools.vision.contracts import RESERVED, PageFinding, Shot, Source
from tools.vision.facts import SOURCED, Mark, Panel, panels
from tools.vision.picture import Picture, crop, ink, near, read_picture

_LEAST_INK = 3e-4
_MANY = 50
_REACH_X, _REACH_Y = 14.0, 14.0


def pixels(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """For every panel whose plot lies inside the picture."""
    charts = [p for p in panels(shot) if p.plot is not None]
    picture = read_picture(shot.png) if charts else None
    for panel in charts:
        assert picture is not None and panel.plot is not None
        part = crop(picture, panel.plot)
        if part.shape[0] < 4 or part.shape[1] < 4:
            continue  # below the picture, or of no size: the layout check tells that
        if (panel.n or 0) > 1 and ink(part) < _LEAST_INK:
            yield PageFinding(
                "plot-empty",
                f"{panel.title}: {panel.n} points, and no line of them to be seen",
                False,
                panel.plot,
            )
        elif panel.name in SOURCED and (panel.n or 0) > _MANY and (bare := _bare_fifths(part)):
            detail = f"{panel.title}: {bare} of 5 parts of its width show nothing"
            yield PageFinding("plot-partial", detail, False, panel.plot)
        yield from _marks(panel, part)


def _bare_fifths(part: Picture) -> int:
    """How many fifths of the width have no ink. Bars of the market fill all of it."""
    edges = np.linspace(0, part.shape[1], 6).astype(int)
    return sum(ink(part[:, a:b]) < _LEAST_INK for a, b in pairwise(edges))


def _marks(panel: Panel, part: Picture) -> Iterator[PageFinding]:
    for side, rgb in RESERVED.items():
        own = [m for m in panel.marks if m.side == side and _within(m, panel)]
        if not own:
            continue
        mask = near(part, rgb, 24)
        if not mask.any():
            yield PageFinding(
                "marker-unseen",
                f"{panel.title}: {len(own)} {side} markers, and none is to be seen",
                False,
                panel.plot,
            )
            continue
        unseen = [m for m in own if not _seen(m, panel, mask)]
        if len(unseen) > 0.2 * len(own):
            detail = f"{panel.title}: {len(unseen)} of {len(own)} {side} markers are not where they should be"
            yield PageFinding("marker-unseen", detail, False, panel.plot)


def _within(mark: Mark, panel: Panel) -> bool:
    if mark.time_ns is None or panel.first is None or panel.last is None:
        return False
    inside = panel.first <= mark.time_ns <= panel.last
    return inside and (
        mark.price is None or panel.low is None or panel.high is None or panel.low <= mark.price <= panel.high
    )


def _seen(mark: Mark, panel: Panel, mask: np.ndarray) -> bool:
    """Whether the colour is near where time and price put the marker, the axes being linear from first to last. A chart may
    leave room at its ends (plotly: 5 %), so the reach grows with the width."""
    assert mark.time_ns is not None and panel.first is not None and panel.last is not None
    height, width = mask.shape
    x = width * (mark.time_ns - panel.first) / max(panel.last - panel.first, 1)
    reach = _REACH_X + 0.06 * width
    columns = slice(max(int(x - reach), 0), int(x + reach) + 1)
    if mark.price is None or panel.low is None or panel.high is None or panel.high <= panel.low:
        return bool(mask[:, columns].any())
    y = height * (panel.high - mark.price) / (panel.high - panel.low)
    # Arrows are often drawn below or above the bar: some room for them.
    reach_y = _REACH_Y + 0.08 * height
    return bool(mask[max(int(y - reach_y), 0) : int(y + reach_y) + 1, columns].any())
