"""Answers of a data provider on disk, as the bytes that they came in."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, bytes]
_KEPT = 2
_LEFT_SECONDS = 3600


class AnswerCache:
    """A folder of answers by key; the newest few are kept. What is in it is exactly as hostile as when it came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Files | None:
        """The files of an answer, None where it is not known."""
        place = self.folder / key
        try:
            found = {path.name: path.read_bytes() for path in place.iterdir()}
        except (FileNotFoundError, NotADirectoryError):
            return None
        os.utime(place)
        return found

    def put(self, key: str, files: Files) -> None:
        """Keep an answer: it appears whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        try:
            fresh.rename(self.folder / key)
        except OSError:  # another process was first
            shutil.rmtree(fresh, ignore_errors=True)
        self._sweep()

    def _sweep(self) -> None:
        for left in self.folder.glob(".new-*"):  # of a process that was killed
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        places = [
            place for place in self.folder.iterdir() if place.is_dir() and not place.name.startswith(".")
        ]
        for place in sorted(places, key=lambda p: p.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(place, ignore_errors=True)
