"""Figures: what is shown against what the page holds, and against the figures that are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.vision.contracts import PageFinding, Shot, Source
from tools.vision.picture import as_box

_NUMBER = re.compile(r"[-+−]?(?:\d[\d,   ]*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
#: Scales at which a fraction may be shown: as it is, in per cent, in basis points, in thousands and millions.
_SCALES = (1.0, 1e2, 1e4, 1e-3, 1e-6, 1e-9)


def metrics(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """``data-value`` against the text beside it; both against the source's figure of that name."""
    for metric in shot.dom.get("metrics", ()):
        box, shown = as_box(metric["box"]), shown_number(metric["text"])
        held = _float(metric["value"])
        known = _known(metric, source)
        if held is not None and shown is not None and not agrees(held, *shown):
            yield PageFinding(
                "metric-shown", f"{metric['name']} shows {metric['text']!r} and holds {held:g}", box=box
            )
        if known is None:
            continue
        if held is not None and abs(held - known) > 1e-6 * max(abs(known), 1e-9):
            yield PageFinding(
                "metric-value", f"{metric['name']} holds {held:g}, the source says {known:g}", box=box
            )
        elif shown is None or (held is None and not agrees(known, *shown)):
            detail = f"{metric['name']} shows {metric['text']!r}, the source says {known:g}"
            yield PageFinding("metric-value", detail, box=box)


def shown_number(text: str) -> tuple[float, float] | None:
    """The first number in a text and half a unit of its last digit; None where there is none."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    raw = re.sub(r"[,   ]", "", found[0]).replace("−", "-")
    digits = len(raw.split("e")[0].split("E")[0].partition(".")[2])
    try:
        return float(raw), 0.5000001 * 10.0**-digits
    except ValueError:
        return None


def agrees(value: float, shown: float, half: float) -> bool:
    """Whether ``value``, at some usual scale, rounds to what is shown (its sign may be told in words)."""
    return any(abs(abs(value * scale) - abs(shown)) <= half for scale in _SCALES)


def _known(metric: Mapping[str, Any], source: Source) -> float | None:
    for symbol in (metric["symbol"] or "", ""):
        value = source.metrics.get(symbol, {}).get(metric["name"])
        if value is not None:
            return value
    return None


def _float(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
