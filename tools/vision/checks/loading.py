"""Did the page load at all: blank, errors in its script, things that it could not get."""

from __future__ import annotations

from collections.abc import Iterator

from tools.vision.contracts import PageFinding, Request, Shot, Source
from tools.vision.picture import as_box, crop, ink, read_picture

_BLANK_SHARE = 2e-5
#: Fonts have fallbacks and pings are nobody's loss: a page without them is still right.
_HARMLESS = {"font", "ping", "other", "texttrack", "manifest"}
_ECHO = ("Failed to load resource", "net::ERR_")


def loading(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """Blank pages and canvases, console errors, missing resources, requests to elsewhere."""
    if shot.facts_error == "timeout":
        yield PageFinding("timeout", shot.console[-1])
        return
    if shot.status is not None and shot.status >= 400:
        yield PageFinding("http-status", f"the page answers {shot.status}")
    yield from _requests(shot)
    for line in shot.console:
        if not any(echo in line for echo in _ECHO):
            yield PageFinding("console-error", line)
    yield from _blank(shot)


def _requests(shot: Shot) -> Iterator[PageFinding]:
    seen: set[str] = set()
    for request in shot.failed:
        if request.url in seen or request.url.split("?")[0].endswith("/favicon.ico"):
            continue
        seen.add(request.url)
        yield _request(request)
    for image in shot.dom["images"]:
        if image["src"] not in seen and image["src"].startswith("data:"):
            yield PageFinding(
                "missing-resource", f"an image cannot be shown: {image['src'][:60]}", box=as_box(image["box"])
            )


def _request(request: Request) -> PageFinding:
    blocking = request.kind not in _HARMLESS
    if request.why == "blocked":
        detail = f"asks for {request.url} ({request.kind}), which is not its own; put it beside the page"
        return PageFinding("external-request", detail, blocking)
    return PageFinding("missing-resource", f"{request.kind} {request.url}: {request.why}", blocking)


def _blank(shot: Shot) -> Iterator[PageFinding]:
    picture = read_picture(shot.png)
    if ink(picture) < _BLANK_SHARE:
        yield PageFinding("blank-page", "nothing is drawn: one colour fills the page")
        return
    for chart in shot.dom["charts"]:
        box = as_box(chart["box"])
        if chart["kind"] != "canvas" or not chart["drawn"] or box is None or min(box[2:]) < 40:
            continue
        part = crop(picture, box, inset=2)
        if part.size and ink(part) < _BLANK_SHARE:
            yield PageFinding(
                "blank-canvas", f"a canvas of {box[2]:.0f}x{box[3]:.0f} shows one colour", box=box
            )
