"""Both sides of a conversation on one core: they take turns, and to wake another core takes five times as long."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_lock = threading.Lock()
_talking: Counter[int] = Counter()


@contextmanager
def one_core(process: int) -> Iterator[None]:
    """Keep the calling thread, and ``process`` with what it forks meanwhile, on the core with the fewest conversations. Where the
    system does not allow it nothing changes but the time it takes."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    mine = os.sched_getaffinity(0)
    core = _taken(mine)
    try:
        with suppress(OSError):
            os.sched_setaffinity(process, {core})
            os.sched_setaffinity(0, {core})
        yield
    finally:
        with suppress(OSError):  # its process may be gone
            os.sched_setaffinity(0, mine)
            os.sched_setaffinity(process, mine)
        with _lock:
            _talking[core] -= 1


def _taken(cores: set[int]) -> int:
    with _lock:
        core = min(sorted(cores), key=lambda c: _talking[c])
        _talking[core] += 1
        return core
