"""The seal of an index: a note that it was closed well, up to which change, and with which bytes.

It is broken while the index is open. Without a seal that fits, the index is made anew, so that a cut-off write, a missing
file or a flipped bit is never asked anything."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

PREFIX = "chroma-"
_NAME = "seal.json"


@dataclass(frozen=True)
class Sealed:
    """``place`` is the index's folder, None where there is none that can be trusted; ``why`` then says so, "" if there
    never was one. ``until`` is the number of the last change in it."""

    place: Path | None
    until: int = -1
    why: str = ""


def read_seal(folder: Path, embedder: str) -> Sealed:
    """What the seal in ``folder`` says of an index for ``embedder``."""
    seal = folder / _NAME
    if not seal.exists():
        left = any(folder.glob(f"{PREFIX}*"))
        return Sealed(None, why="the index was not closed well: it is made anew from SQLite" if left else "")
    try:
        note = json.loads(seal.read_text(encoding="utf-8"))
        place, until, made_by = (
            folder / Path(str(note["place"])).name,
            int(note["until"]),
            str(note["embedder"]),
        )
        fits = note["bytes"] == _digest(place)
    except (ValueError, KeyError, TypeError, OSError):
        return Sealed(None, why="the index's seal is damaged: it is made anew from SQLite")
    if made_by != embedder:
        return Sealed(None, why=f"the index is of another embedder ({made_by}): it is made anew from SQLite")
    if not fits:
        return Sealed(None, why="the index is damaged: it is made anew from SQLite")
    return Sealed(place, until)


def write_seal(place: Path, embedder: str, until: int) -> None:
    """Seal the index in ``place``, whole or not at all. Raises OSError."""
    note = {"place": place.name, "embedder": embedder, "until": until, "bytes": _digest(place)}
    fresh = place.parent / f"{_NAME}.new"
    fresh.write_text(json.dumps(note), encoding="utf-8")
    fresh.replace(place.parent / _NAME)


def break_seal(folder: Path) -> None:
    """From here on a crash costs making it anew, never a wrong answer."""
    (folder / _NAME).unlink(missing_ok=True)


def _digest(place: Path) -> str:
    """Over every file's name, size and content."""
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        whole.update(f"{path.relative_to(place)}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()
