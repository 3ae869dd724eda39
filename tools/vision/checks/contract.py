"""The chart contract: who and when, facts that can be read, colours that only fills use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.vision.contracts import RESERVED, PageFinding, Shot, Source
from tools.vision.facts import SOURCED, Panel, panels, time_of
from tools.vision.picture import as_box, crop, near, read_picture

_ISO_UTC = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00| ?UTC)")
_LEGEND = re.compile(r"legend|key|swatch|buy|sell|bought|sold|long|short|fill|entry|exit", re.IGNORECASE)
_STRAY_PIXELS = 40


def contract(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """Only pages that claim the contract (a ``data-panel`` or ``__chartFacts``) are held to it."""
    if shot.facts_error and shot.facts_error != "timeout":
        yield PageFinding("facts-failed", f"window.__chartFacts() fails: {shot.facts_error}")
    charts = panels(shot)
    if not shot.dom or not (shot.dom["panels"] or charts):
        return
    sourced = [p for p in charts if p.name in SOURCED]
    names = {p["name"] for p in shot.dom["panels"]}
    if sourced or names & {*SOURCED, "equity"}:
        yield from _named(shot, charts)
        yield from _dated(shot)
    for name in sorted(names - {p.name for p in charts}) if shot.facts else []:
        yield PageFinding("facts-missing", f"{name} is on the page, and no chart tells of it")
    for panel in charts:
        if panel.n == 0:
            yield PageFinding(
                "empty-panel", f"{panel.title} draws nothing", panel.name in SOURCED, panel.plot
            )
    yield from _colours(shot, charts)


def _named(shot: Shot, charts: list[Panel]) -> Iterator[PageFinding]:
    fields = [f for f in shot.dom["fields"] if f["name"] == "symbol"]
    everywhere = all(p["symbol"] for p in shot.dom["panels"]) and bool(shot.dom["panels"])
    if not any(f["text"] and f["shown"] for f in fields) and not everywhere:
        yield PageFinding("missing-symbol", "the page does not say which market it shows (data-field symbol)")


def _dated(shot: Shot) -> Iterator[PageFinding]:
    fields = [f for f in shot.dom["fields"] if f["name"] == "as-of"]
    if not any(f["text"] and f["shown"] for f in fields):
        yield PageFinding("missing-as-of", "the page does not say as of when (data-field as-of)")
    for stamp in fields:
        if stamp["text"] and (
            not _ISO_UTC.fullmatch(stamp["text"])
            or time_of(stamp["text"].removesuffix("UTC").strip()) is None
        ):
            detail = f"as of {stamp['text'][:40]!r} is not a UTC time like 2025-01-31T12:00:00Z"
            yield PageFinding("as-of-format", detail, box=as_box(stamp["box"]))


def _colours(shot: Shot, charts: list[Panel]) -> Iterator[PageFinding]:
    for use in shot.dom["reserved"]:
        if not _LEGEND.search(use["near"]):
            detail = f"{use['tag']} has the colour of a {use['side']} ({use['key']}); only fills may"
            yield PageFinding("reserved-colour", detail, box=as_box(use["box"]))
    picture = read_picture(shot.png)
    for panel in charts:
        if panel.plot is None or not _ours(panel.name):
            continue
        part = crop(picture, panel.plot)
        for side, rgb in RESERVED.items():
            own = any(m.side == side for m in panel.marks)
            count = int(near(part, rgb, 2).sum()) if part.size and not own else 0
            if count > _STRAY_PIXELS:
                detail = f"{panel.title}: {count} pixels have the colour of a {side}, and there is none"
                yield PageFinding("reserved-colour", detail, box=panel.plot)


def _ours(name: str) -> bool:
    return name in (*SOURCED, "equity") or name.startswith("indicator-")
