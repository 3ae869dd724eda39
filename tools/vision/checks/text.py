"""The words on a page: an error shown as a value, lines on top of each other, lines cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tools.vision.contracts import PageFinding, Shot, Source
from tools.vision.picture import as_box

_TOKEN = r"(?:NaN|nan|undefined|null|[-+]?Infinity|[-+]?inf|NaT|Invalid [Dd]ate|\[object \w+\])"
_UNIT = r"(?:\s*(?:%|‰|x|×|bps|bp|ms|s|h|d|min|[A-Z]{3,5}|trades?|bars?|days?))?"
#: The whole of a text is such a token, with a sign, a currency or a unit; or a label ends in one.
_VALUE = re.compile(rf"[-+~≈±]?\s*[$€£¥]?\s*{_TOKEN}{_UNIT}(?:\s*/\s*\S+)?")
_LABELLED = re.compile(rf"[^.!?]{{1,60}}[:=]\s*[$€£¥]?{_TOKEN}{_UNIT}")
#: "PnL NaN": a few words and a token that is nobody's English. Headings and links may be about such things.
_TRAILING = re.compile(rf"(?:[\w()/-]+ ){{1,3}}(?:NaN|undefined|Invalid Date|Infinity|NaT){_UNIT}")
_ABOUT = (
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "a",
    "button",
    "label",
    "summary",
    "th",
    "title",
    "caption",
    "b",
    "em",
    "i",
    "strong",
)
_GLUED = re.compile(r"[$€£¥]NaN\b|\bNaN\s?%|\[object Object\]|\bundefined(?:%|px)")
_LOADING = re.compile(r"(?:loading|please wait|fetching data)\s*(?:\.{2,3}|…)?", re.IGNORECASE)
_TRACE = "Traceback (most recent call last)"
_ERROR_LINE = re.compile(r"^(?:Uncaught )?(?:\w+\.)*\w*(?:Error|Exception): \S", re.MULTILINE)
_FAINT = 0.35
_OVERLAP = 0.15
_MOST_PAIRED = 2500


def text(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """Error text, overlapping text, clipped text."""
    lines = [t for t in shot.dom.get("texts", ()) if t["shown"] > 0.05]
    yield from _errors(lines, shot)
    yield from _overlaps(lines)
    yield from _clipped(lines)


def _errors(lines: list[Mapping[str, Any]], shot: Shot) -> Iterator[PageFinding]:
    told: set[str] = set()
    for line in lines:
        code = _error_code(line, shot)
        if code and (code[0], line["element"]) not in {(code[0], t) for t in told}:
            told.add(line["element"])
            where = f" in {line['metric']}" if line["metric"] else ""
            yield PageFinding(code[0], f"{line['text'][:80]!r} is shown{where}", code[1], as_box(line["box"]))


def _error_code(line: Mapping[str, Any], shot: Shot) -> tuple[str, bool] | None:
    words = line["text"]
    if _TRACE in words or (
        _ERROR_LINE.search(words) and line["tag"] in ("pre", "p", "div", "h1", "body", "span")
    ):
        # A page about code may quote a traceback; a page that is one shows little else.
        whole = len(shot.dom["page"]["text"])
        return "error-text", not line["code"] or len(line["element"]) > 0.5 * min(whole, 300)
    if line["code"]:
        return None
    if _VALUE.fullmatch(words) or _GLUED.search(words) or _LABELLED.fullmatch(words):
        return "error-text", True
    if line["tag"] not in _ABOUT and words == line["element"] and _TRAILING.fullmatch(words):
        return "error-text", True
    if line["metric"] and (words == "None" or _VALUE.fullmatch(line["element"])):
        return "error-text", True
    return ("still-loading", True) if _LOADING.fullmatch(words) else None


def _overlaps(lines: list[Mapping[str, Any]]) -> Iterator[PageFinding]:
    """Two texts of which the smaller is covered by a good part. Turned text is left out: its box is not its shape."""
    plain = [t for t in lines if _solid(t)][:_MOST_PAIRED]
    if len(plain) < 2:
        return
    left, top, width, height = np.array([t["box"] for t in plain], dtype=float).T
    top, height = top + 0.2 * height, 0.6 * height  # a line's box is taller than its letters
    told = 0
    for i in range(len(plain) - 1):
        across = np.minimum(left[i] + width[i], (left + width)[i + 1 :]) - np.maximum(left[i], left[i + 1 :])
        down = np.minimum(top[i] + height[i], (top + height)[i + 1 :]) - np.maximum(top[i], top[i + 1 :])
        share = np.clip(across, 0, None) * np.clip(down, 0, None)
        share /= np.minimum(width[i] * height[i], (width * height)[i + 1 :])
        for j in np.flatnonzero((share > _OVERLAP) & (across > 3)) + i + 1:
            if plain[i]["element"] == plain[j]["element"] and plain[i]["text"] == plain[j]["text"]:
                continue  # a halo: the same words drawn twice
            told += 1
            if told <= 40:
                detail = f"{plain[i]['text'][:40]!r} and {plain[j]['text'][:40]!r} lie on each other"
                yield PageFinding("text-overlap", detail, box=as_box(plain[j]["box"]))


def _solid(line: Mapping[str, Any]) -> bool:
    return not (line["turned"] or line["floating"] or line["hidden"]) and line["opacity"] > _FAINT


def _clipped(lines: list[Mapping[str, Any]]) -> Iterator[PageFinding]:
    """Text that is partly cut off where nobody can scroll. An ellipsis is meant, except in a figure."""
    told: set[str] = set()
    for line in lines:
        wide, high = line["lost"]
        half_gone = wide > 4 or high > 0.3 * line["box"][3]
        if line["kept"] <= 0.02 or not half_gone or line["opacity"] <= _FAINT or line["element"] in told:
            continue
        if line["meant"] and not line["metric"]:
            continue
        told.add(line["element"])
        yield PageFinding("text-clipped", f"{line['text'][:60]!r} is cut off", box=as_box(line["box"]))
