"""Screenshots made fit to be sent: PNG alone, decoded within limits, shrunk, and written anew without anything beside the pixels."""

from __future__ import annotations

import io
import struct
import warnings

from agents.model import ModelError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: The longer side, in pixels; with it a picture costs at most model_budget.IMAGE_TOKENS.
MOST_SIDE = 1200
MOST_BYTES = 2_000_000
#: A file larger than this, or with more pixels, is not even decoded.
_MOST_READ, _MOST_PIXELS = 40_000_000, 60_000_000
MOST_PICTURES = 4


class PictureError(ModelError):
    """The bytes are no picture that can be sent."""


def sendable(png: bytes) -> bytes:
    """The picture as a PNG of at most MOST_SIDE pixels a side and MOST_BYTES bytes, text and other chunks left out. Raises
    PictureError."""
    width, height = _size(png)
    if len(png) > _MOST_READ or width * height > _MOST_PIXELS:
        raise PictureError(
            f"a picture of {width}x{height} pixels and {len(png)} bytes is too large: capture a part of the page"
        )
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit was kept
            with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
                picture = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureError(f"the picture cannot be decoded: {error}; capture it again") from error
    picture.thumbnail((MOST_SIDE, MOST_SIDE))
    while len(written := _written(picture)) > MOST_BYTES:
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
    return written


def _size(png: bytes) -> tuple[int, int]:
    """Width and height from the header, before anything is decoded."""
    if not png.startswith(SIGNATURE) or len(png) < 24 or png[12:16] != b"IHDR":
        raise PictureError(f"{len(png)} bytes are no PNG: only PNG pictures are sent")
    width, height = struct.unpack(">II", png[16:24])
    if not width or not height:
        raise PictureError("the picture has no pixels: capture it again")
    return int(width), int(height)


def _written(picture: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)  # type: ignore[attr-defined]
    return out.getvalue()
