"""Whether a text of rows ends in the middle of one, as a download that was cut off does."""

from __future__ import annotations

from pathlib import Path

_LOOKED_AT = 65_536


def ends_within_a_row(head: bytes, tail: bytes, delimiter: bytes = b",") -> bool:
    """Whether the last line has no end and fewer fields than the first line of ``head``. Both in an encoding of bytes in
    which the delimiter is itself."""
    lines = tail.split(b"\n")
    last, first = lines[-1], head.split(b"\n", 1)[0]
    return bool(last.strip()) and len(lines) > 1 and last.count(delimiter) < first.count(delimiter)


def file_ends_within_a_row(path: Path) -> bool:
    """Likewise of a CSV file that is not packed. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
        file.seek(max(0, path.stat().st_size - _LOOKED_AT))
        return ends_within_a_row(head, file.read())
