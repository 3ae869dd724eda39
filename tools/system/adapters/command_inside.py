"""Runs in the throw-away copy: starts the command there and gathers what it wrote. Standard library only.

``python -I -S inside.py`` beside ``plan.json`` (``command``; ``wanted``, regular expressions of whole relative paths;
``most``, ``bytes``). What the command prints goes on to the job's own output at once, and to ``stdout`` and ``stderr``
here. ``said.json`` lists the files, the newest last; what was there before and was not written again is no result."""

from __future__ import annotations

import json
import os
import re
import selectors
import shutil
import subprocess
import sys
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100,PTH120
_MOST_ENTRIES, _LOOK_SECONDS = 50_000, 0.25


class _Kept:
    """The first quarter and the last three quarters of what fits."""

    def __init__(self, limit: int) -> None:
        self._limit, self._head, self._tail = limit, bytearray(), bytearray()

    def add(self, block: bytes) -> None:
        room = max(0, self._limit // 4 - len(self._head))
        self._head += block[:room]
        self._tail += block[room:]
        del self._tail[: max(0, len(self._tail) - self._limit * 3 // 4)]

    def write(self, name: str) -> None:
        with open(os.path.join(_HERE, name), "wb") as file:  # noqa: PTH118,PTH123
            file.write(bytes(self._head + self._tail))


def main() -> int:
    """The command's exit code (128 + the signal, where one ended it)."""
    with open(os.path.join(_HERE, "plan.json"), encoding="utf-8") as file:  # noqa: PTH118,PTH123
        plan = json.load(file)
    wanted = [re.compile(text) for text in plan["wanted"]]
    before = _found(wanted)
    code = _run(plan["command"], int(plan["bytes"]))
    after = _found(wanted)
    fresh = sorted((name for name in after if before.get(name) != after[name]), key=lambda n: (after[n], n))
    said: dict[str, Any] = {"exit": code, "unchanged": sorted(set(after) - set(fresh))[:20], "files": []}
    for index, name in enumerate(fresh[-int(plan["most"]) :]):
        shutil.copyfile(name, os.path.join(_HERE, str(index)))  # noqa: PTH118
        said["files"].append(name)
    said["left_out"] = max(0, len(fresh) - int(plan["most"]))
    with open(os.path.join(_HERE, "said.json"), "w", encoding="utf-8") as file:  # noqa: PTH118,PTH123
        json.dump(said, file)
    return code


def _run(command: str, limit: int) -> int:
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    kept = {1: _Kept(limit), 2: _Kept(limit)}
    with selectors.DefaultSelector() as selector:
        for stream, number in ((process.stdout, 1), (process.stderr, 2)):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, number)
        while selector.get_map():
            ended = process.poll() is not None
            ready = selector.select(_LOOK_SECONDS)
            for key, _ in ready:
                block = os.read(key.fd, 65536)
                if not block:
                    selector.unregister(key.fileobj)
                    continue
                kept[key.data].add(block)
                _pass_on(key.data, block)
            if ended and not ready:  # what the command left running may hold its pipes for ever
                break
    kept[1].write("stdout")
    kept[2].write("stderr")
    code = process.wait()
    return code if code >= 0 else 128 - code


def _pass_on(number: int, block: bytes) -> None:
    while block:
        block = block[os.write(number, block) :]


def _found(wanted: list[re.Pattern[str]]) -> dict[str, tuple[int, int, int]]:
    """Path -> (time of the last change, size, inode) of the regular files that are asked for."""
    found, seen = {}, 0
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(n for n in folders if os.path.join(folder, n) != f"./{os.path.basename(_HERE)}")  # noqa: PTH118,PTH119
        for name in sorted(names):
            seen += 1
            path = os.path.join(folder, name)[2:]  # noqa: PTH118
            if seen > _MOST_ENTRIES or not any(p.fullmatch(path) for p in wanted):
                continue
            if os.path.isfile(path):  # noqa: PTH113
                stat = os.stat(path)  # noqa: PTH116
                found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


if __name__ == "__main__":
    sys.exit(main())
