"""Where things are: charts without a size, the same chart twice, charts on or under something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.vision.contracts import PageFinding, Shot, Source
from tools.vision.picture import as_box

_SMALLEST = 8.0
_COVERED = 0.25
_FAINT = 0.2


def layout(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """Sizes, doubles, overlaps, covers."""
    if not shot.dom:
        return
    yield from _sizes(shot)
    yield from _doubles(shot)
    yield from _overlaps(shot)
    for cover in shot.dom["covered"]:
        if cover["share"] > _COVERED:
            detail = f"{cover['by']} covers {cover['share']:.0%} of {cover['what']}"
            yield PageFinding("chart-covered", detail, box=as_box(cover["box"]))
    page = shot.dom["page"]
    if page["width"] > page["view"][0] + 2:
        detail = f"the page is {page['width']} pixels wide in a window of {page['view'][0]}"
        yield PageFinding("page-overflow", detail, blocking=False)


def _sizes(shot: Shot) -> Iterator[PageFinding]:
    for chart in shot.dom["charts"]:
        _, _, width, height = chart["box"]
        name = chart["panel"] or chart["kind"]
        if chart["drawn"] and not chart["cell"] and min(width, height) < _SMALLEST and not chart["inside"]:
            yield PageFinding(
                "zero-size-chart", f"{name} is {width:.0f}x{height:.0f} pixels", box=as_box(chart["box"])
            )
        elif chart["drawn"] and chart["opacity"] < _FAINT and min(width, height) > 40:
            yield PageFinding(
                "chart-faint",
                f"{name} is nearly transparent ({chart['opacity']:.2f})",
                box=as_box(chart["box"]),
            )


def _blocks(shot: Shot) -> list[dict[str, Any]]:
    """The panels that are charts of their own, cells of a table apart."""
    return [p for p in shot.dom["panels"] if not p["cell"] and p["drawn"]]


def _doubles(shot: Shot) -> Iterator[PageFinding]:
    seen: set[tuple[str, str | None]] = set()
    for panel in _blocks(shot):
        key = (panel["name"], panel["symbol"])
        if key in seen and panel["tag"] not in ("li", "tr", "td", "g", "rect", "span"):
            of = f" of {panel['symbol']}" if panel["symbol"] else ""
            yield PageFinding(
                "duplicate-panel", f"{panel['name']}{of} is there twice", box=as_box(panel["box"])
            )
        seen.add(key)


def _overlaps(shot: Shot) -> Iterator[PageFinding]:
    panels = _blocks(shot)
    for i, one in enumerate(panels):
        for other in panels[i + 1 :]:
            a, b = one["box"], other["box"]
            across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
            down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
            nested = _inside(a, b) or _inside(b, a)
            if across > 3 and down > 3 and not nested:
                yield PageFinding(
                    "panel-overlap", f"{one['name']} and {other['name']} lie on each other", box=as_box(b)
                )


def _inside(a: list[float], b: list[float]) -> bool:
    return (
        a[0] >= b[0] - 1
        and a[1] >= b[1] - 1
        and a[0] + a[2] <= b[0] + b[2] + 1
        and a[1] + a[3] <= b[1] + b[3] + 1
    )
