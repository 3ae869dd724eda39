"""Memory files that cross the wall: sealed so that a child cannot grow, shrink or (where we say) write them."""

from __future__ import annotations

import hashlib
import mmap
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.host.contracts import Floats, Ints

_SEAL, _SHRINK, _GROW, _WRITE = 1, 2, 4, 8
_ADD_SEALS = 1033
FIXED_SIZE = _SEAL | _SHRINK | _GROW
READ_ONLY = FIXED_SIZE | _WRITE
_UNKNOWN = memoryview(np.full(1 << 16, np.nan).tobytes())
_Bytes = NDArray[np.uint8]


def sized(name: str, size: int) -> int:
    """A memory file of exactly ``size`` zero bytes; the caller closes it."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    _seal(descriptor, FIXED_SIZE)
    return descriptor


def raw(array: NDArray[Any]) -> memoryview:
    """The array's bytes, contiguous."""
    return np.ascontiguousarray(array).view(np.uint8).data


def filled(name: str, *parts: memoryview | bytes) -> int:
    """A memory file that holds ``parts`` and can never be written again; the caller closes it."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    for part in parts:
        left = memoryview(part)
        while left:
            left = left[os.write(descriptor, left) :]
    _seal(descriptor, READ_ONLY)
    return descriptor


def _seal(descriptor: int, seals: int) -> None:
    import fcntl  # not on Windows, where we refuse before this is reached

    fcntl.fcntl(descriptor, _ADD_SEALS, seals)


def write_unknown(descriptor: int, start: int, stop: int) -> None:
    """Fill the float64 words ``start:stop`` with NaN (by write: faster than touching the pages of a map)."""
    at = start * 8
    while at < stop * 8:
        at += os.pwrite(descriptor, _UNKNOWN[: stop * 8 - at], at)


def read_text(descriptor: int, limit: int, offset: int = 0) -> str:
    """At most ``limit`` bytes as text, up to the padding. Hostile: sanitise before showing."""
    return os.pread(descriptor, limit, offset).rstrip(b"\0").decode("utf-8", "replace")


@dataclass
class MarketFile:
    """One market in a sealed memory file: int64 times, then float64 column after column."""

    descriptor: int
    view: _Bytes
    names: tuple[str, ...]
    bars: int
    users: int = 0
    dropped: bool = False

    def reopened(self) -> int:
        """The file opened anew to read, for one child: an offset or flags that it leaves are nobody else's. The caller
        closes it."""
        return os.open(f"/proc/self/fd/{self.descriptor}", os.O_RDONLY | os.O_CLOEXEC)

    def same(self, time: Ints, columns: Mapping[str, Floats]) -> bool:
        """Whether it still holds exactly these values (arrays may have been changed in place)."""
        arrays = (time, *columns.values())
        width = self.bars * 8
        return all(
            np.array_equal(self.view[k * width : (k + 1) * width].view(np.int64), _words(array))
            for k, array in enumerate(arrays)
        )


def _words(array: NDArray[Any]) -> Ints:
    return np.ascontiguousarray(array).view(np.int64)


class MarketFiles:
    """Markets already put into memory files, least recently used first out. Thread-safe.

    The quick key is the identity of the arrays, believed only after comparing the bytes; the slow one is a
    hash of the content."""

    def __init__(self, most: int = 48, most_bytes: int = 1 << 29) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._by_content: OrderedDict[bytes, MarketFile] = OrderedDict()
        self._by_identity: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def acquire(self, time: Ints, columns: Mapping[str, Floats]) -> MarketFile:
        """The file with these bars; give it back with ``release``."""
        names = tuple(columns)
        identity = (names, id(time), len(time), *(id(column) for column in columns.values()))
        with self._lock:
            key = self._by_identity.get(identity)
            held = self._by_content.get(key) if key is not None else None
            if held is None or held.names != names or held.bars != len(time) or not held.same(time, columns):
                key = _content_key(time, columns)
                held = self._by_content.get(key) or self._put(key, time, columns)
            assert key is not None
            self._by_identity[identity] = key
            while len(self._by_identity) > 4 * self._most:
                self._by_identity.popitem(last=False)
            self._by_content.move_to_end(key)
            held.users += 1
            return held

    def release(self, held: MarketFile) -> None:
        """No longer in use by the caller."""
        with self._lock:
            held.users -= 1
            if held.dropped and held.users == 0:
                os.close(held.descriptor)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            while self._by_content:
                self._drop()
            self._by_identity.clear()

    def _put(self, key: bytes, time: Ints, columns: Mapping[str, Floats]) -> MarketFile:
        parts = [raw(array) for array in (time, *columns.values())]
        descriptor = filled("bars", *parts)
        size = os.fstat(descriptor).st_size
        if size:
            view = np.frombuffer(mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ), np.uint8)
        else:
            view = np.empty(0, np.uint8)
        held = MarketFile(descriptor, view, tuple(columns), len(time))
        self._by_content[key] = held
        while len(self._by_content) > 1 and self._too_much():
            self._drop()
        return held

    def _too_much(self) -> bool:
        total = sum(len(held.view) for held in self._by_content.values())
        return len(self._by_content) > self._most or total > self._most_bytes

    def _drop(self) -> None:
        _, held = self._by_content.popitem(last=False)
        held.dropped = True
        if held.users == 0:
            os.close(held.descriptor)


def _content_key(time: Ints, columns: Mapping[str, Floats]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name, array in (("", time), *columns.items()):
        digest.update(f"{name}\0{len(array)}\0".encode())
        digest.update(raw(array))
    return digest.digest()
