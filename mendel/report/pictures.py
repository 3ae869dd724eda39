"""The pictures of a patch's dashboards, before and after, small enough to live inside the page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from mendel.report.values import Document, text

WIDTH, HEIGHT, COLOURS = 640, 900, 64


@dataclass(frozen=True)
class Picture:
    """One symbol's page before and after, as data URIs."""

    symbol: str
    before: str
    after: str


def pictures(home: str, evidence: Document) -> list[Picture]:
    """The pictures that the visual gate's evidence names, those that can still be read."""
    from tools.evolution.gates.visual import picture_paths

    if not home:
        return []
    found = []
    for symbol, before, after in picture_paths(Path(home), dict(evidence)):
        pair = [_shrunk(path) for path in (before, after)]
        if all(pair):
            found.append(Picture(text(symbol), pair[0], pair[1]))
    return found


def _shrunk(path: Path) -> str:
    """A PNG as a data URI of at most WIDTH x HEIGHT pixels (its top, where it is longer); "" where it cannot be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return ""
    image = image.resize((WIDTH, max(1, image.height * WIDTH // image.width)), Image.Resampling.LANCZOS)
    image = image.crop((0, 0, WIDTH, min(HEIGHT, image.height))).quantize(COLOURS)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
