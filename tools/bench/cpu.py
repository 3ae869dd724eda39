"""Processor time of this process and of everything below it, which other work on the machine does not lengthen as it does
the clock on the wall. Linux: read from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """Seconds used so far: this process, those below it that live, and those that were waited for."""
    parents: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for pid, parent, seconds in _processes():
        parents.setdefault(parent, []).append(pid)
        used[pid] = seconds
    total, waiting = 0.0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0.0)
        waiting += parents.get(pid, [])
    return total


def _processes() -> Iterator[tuple[int, int, float]]:
    """(pid, parent, seconds with those of its waited-for children)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:  # it ended meanwhile
            continue
        fields = text.rpartition(")")[2].split()  # the name before may hold anything
        yield int(path.parent.name), int(fields[1]), _TICK * sum(int(f) for f in fields[11:15])
