"""How much memory the processes of a job hold together: a limit on each of them is none on all of them."""

from __future__ import annotations

import os


def held(everyone: int, limit: int) -> int:
    """Bytes that all processes but this one hold. What forks share is counted once where the exact figure is worth
    its price, and is to be had: when the rough one is above ``limit``."""
    pids = [name for name in os.listdir(everyone) if name.isdigit() and name != "1"]
    rough = sum(_private(everyone, pid) for pid in pids)
    return rough if rough <= limit else sum(_proportional(everyone, pid) for pid in pids)


def _private(everyone: int, pid: str) -> int:
    """Resident, not backed by a file."""
    return _sum(_words(everyone, f"{pid}/status"), ("RssAnon:", "RssShmem:"))


def _proportional(everyone: int, pid: str) -> int:
    """The same with what is shared divided among those who share it; a process that hides counts in full."""
    words = _words(everyone, f"{pid}/smaps_rollup")
    return _sum(words, ("Pss_Anon:", "Pss_Shmem:")) if words else _private(everyone, pid)


def _sum(words: list[str], names: tuple[str, ...]) -> int:
    """Bytes; each of ``names`` is followed by a number of kB."""
    return sum(int(words[words.index(name) + 1]) * 1024 for name in names if name in words)


def _words(everyone: int, path: str) -> list[str]:
    """The words of a small file; none where it is gone, or not for us."""
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=everyone)
    except OSError:
        return []
    try:
        return os.read(descriptor, 4096).decode().split()
    except OSError:
        return []
    finally:
        os.close(descriptor)
