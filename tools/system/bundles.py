"""Bundles: content-addressed, read-only copies of a system's source.

``bundles/<hash>/`` *is* the copy, so the sandbox can bind it as it stands. The hash is the sha256 over the
sorted (path, executable bit, sha256 of the bytes): equal source has one hash on any machine. Bytes are kept
as they are: line endings, byte order marks, files that do not parse, names with spaces.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import time
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.contracts import MendelError
from tools.system.diff import Side, unified
from tools.system.system import System

_TEMPORARY = ".new-"
_ABANDONED_SECONDS = 3600.0


class BundleError(MendelError):
    """A bundle is missing, damaged or cannot be written."""


@dataclass(frozen=True)
class Item:
    """One file of a bundle: its bytes and whether it is executable."""

    data: bytes
    executable: bool = False

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def decode(data: bytes) -> str:
    """Bytes of a source file as text that ``encode`` turns back into the very same bytes."""
    return data.decode("utf-8", errors="surrogateescape")


def encode(text: str) -> bytes:
    """The bytes of ``decode``'s text."""
    return text.encode("utf-8", errors="surrogateescape")


def bundle_hash(items: Mapping[str, Item]) -> str:
    """sha256, hex, over the sorted paths, executable bits and contents."""
    total = hashlib.sha256(b"mendel bundle 1\n")
    for rel in sorted(items):
        name = os.fsencode(rel)
        total.update(b"%d:%s %d %s\n" % (len(name), name, items[rel].executable, items[rel].sha256.encode()))
    return total.hexdigest()


def patch_digest(base: str, bundle: str, diff: str) -> str:
    """What a person approves: sha256, hex, over the two bundles and the diff between them."""
    return hashlib.sha256(f"{base}\n{bundle}\n".encode() + encode(diff)).hexdigest()


class BundleStore:
    """A folder of bundles. Safe to share between processes: a bundle appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._trusted: set[str] = set()

    def snapshot(self, system: System) -> str:
        """The hash of the system's source as it is now, which is copied if it was not yet."""
        return self.put({rel: read_item(system.root / rel, rel) for rel in system.source_files()})

    def derive(self, base: str, changes: Mapping[str, str | None]) -> str:
        """The bundle ``base`` with some files replaced or added (text) or deleted (None). A byte order mark stays."""
        items = dict(self.items(base))
        for rel, text in changes.items():
            _check_relative(rel)
            if text is None:
                if items.pop(rel, None) is None:
                    raise BundleError(
                        f"{rel}: not in bundle {base[:12]}; only a file that is there can be deleted"
                    )
            else:
                old = items.get(rel)
                marked = old is not None and old.data.startswith(BOM_UTF8) and not text.startswith("\ufeff")
                items[rel] = Item(
                    encode("\ufeff" + text if marked else text), old is not None and old.executable
                )
        return self.put(items)

    def put(self, items: Mapping[str, Item]) -> str:
        """Store ``items`` and return their hash. Raises BundleError where the disk does not allow it."""
        digest = bundle_hash(items)
        target = self.folder / digest
        if digest not in self._trusted:
            try:
                if target.exists() and not self.verify(digest):
                    self._discard(target)
                if not target.exists():
                    self._write(items, target)
            except OSError as error:
                raise BundleError(
                    f"{target}: cannot be written ({error.strerror}); free space or mend rights"
                ) from error
            self._trusted.add(digest)
        return digest

    def path(self, digest: str) -> Path:
        """The folder of a bundle. Raises BundleError if there is none."""
        target = self.folder / digest
        if not (len(digest) == 64 and digest.isalnum() and target.is_dir()):
            raise BundleError(f"{digest[:12]}: no such bundle in {self.folder}; take a new snapshot")
        return target

    def items(self, digest: str) -> dict[str, Item]:
        """Every file of a bundle, read from the disk."""
        root = self.path(digest)
        return {rel: read_item(root / rel, rel) for rel in _walk(root)}

    def files(self, digest: str) -> dict[str, str]:
        """Relative POSIX path -> sha256 of every file of a bundle."""
        return dict(_manifest(self.path(digest)))

    def read_bytes(self, digest: str, rel: str) -> bytes:
        """One file's bytes. Raises BundleError if it is not there."""
        _check_relative(rel)
        try:
            return (self.path(digest) / rel).read_bytes()
        except OSError as error:
            raise BundleError(
                f"{rel}: not in bundle {digest[:12]} ({error.strerror}); check the name"
            ) from error

    def read(self, digest: str, rel: str) -> str:
        """One file's text, exactly: ``derive`` with it unchanged gives the same bytes."""
        return decode(self.read_bytes(digest, rel))

    def sources(self, digest: str) -> dict[str, str]:
        """The text of every Python file of a bundle, by path, without a byte order mark: parsers do not take it."""
        items = self.items(digest).items()
        return {rel: decode(item.data).removeprefix("\ufeff") for rel, item in items if rel.endswith(".py")}

    def verify(self, digest: str) -> bool:
        """Whether what lies on the disk still has the hash it is called by."""
        return bundle_hash(self.items(digest)) == digest

    def changed(self, before: str, after: str) -> tuple[str, ...]:
        """Paths, sorted, that differ between two bundles in content, mode or existence."""
        old, new = self.items(before), self.items(after)
        return tuple(sorted(rel for rel in old.keys() | new.keys() if old.get(rel) != new.get(rel)))

    def diff(self, before: str, after: str) -> str:
        """Unified diff, git style, that turns one bundle into the other."""
        old, new = self.items(before), self.items(after)
        parts = (
            unified(rel, _side(old.get(rel)), _side(new.get(rel))) for rel in sorted(old.keys() | new.keys())
        )
        return "".join(parts)

    def sweep(self) -> None:
        """Remove what a killed process left unfinished more than an hour ago."""
        for left in self.folder.glob(_TEMPORARY + "*"):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                _remove(left)

    def _write(self, items: Mapping[str, Item], target: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        fresh = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.folder))
        try:
            for rel, item in items.items():
                _write_item(fresh / rel, item)
            _close(fresh)
            fresh.rename(target)
        except OSError:
            _remove(fresh)
            if not target.is_dir():  # else another process wrote the same bundle first: that one serves
                raise

    def _discard(self, target: Path) -> None:
        """Move a damaged bundle out of the way and remove it."""
        # A sibling: a folder without write permission cannot be moved into another one.
        aside = self.folder / f"{_TEMPORARY}damaged-{os.getpid()}-{target.name[:16]}"
        target.rename(aside)
        _remove(aside)
        _manifest.cache_clear()


def read_item(path: Path, rel: str) -> Item:
    """A file's bytes and executable bit. Raises BundleError naming ``rel``."""
    try:
        return Item(path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
    except OSError as error:
        raise BundleError(f"{rel}: cannot be read ({error.strerror}); make it readable") from error


@lru_cache(maxsize=64)
def _manifest(root: Path) -> tuple[tuple[str, str], ...]:
    return tuple((rel, read_item(root / rel, rel).sha256) for rel in _walk(root))


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            yield (Path(folder) / name).relative_to(root).as_posix()


def _check_relative(rel: str) -> None:
    if not rel or rel.startswith("/") or {"..", ".", ""} & set(rel.split("/")):
        raise BundleError(f"{rel!r}: not a path inside the system; write it relative, without '..'")


def _side(item: Item | None) -> Side | None:
    return None if item is None else (item.data, item.executable)


def _write_item(path: Path, item: Item) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(item.data)
    path.chmod(0o555 if item.executable else 0o444)


def _close(root: Path) -> None:
    """Make every folder read-only and readable for the sandbox's unprivileged user."""
    for folder, _, _ in os.walk(root, topdown=False):
        Path(folder).chmod(0o555)


def _remove(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    shutil.rmtree(root)
