"""A small system, a patch that modifies, makes and deletes files, and ways to look at a folder exactly."""

from __future__ import annotations

import stat
from pathlib import Path

from tools.contracts import Patch, PatchKind, PatchStatus
from tools.system.bundles import BundleStore, patch_digest
from tools.system.system import System

CONFIG = '[strategy]\nkind = "signals"\ntarget = "app:signals"\n'
FILES = {
    "app.py": b"\xef\xbb\xbfa = 1\r\n",
    "pkg/old.py": b"gone = 1\n",
    "pkg/run me.py": b"#!x\nb = 1",
    "README.md": b"hi\n",
}
CHANGES: dict[str, str | None] = {
    "app.py": "\ufeffa = 2\r\n",
    "pkg/old.py": None,
    "pkg/run me.py": "#!x\nb = 2",
    "new/deep/made.py": "c = 1\n",
}

Tree = dict[str, tuple[bytes, int]]


def make_system(root: Path) -> System:
    """The system in a new folder ``root``."""
    for rel, data in FILES.items():
        (root / rel).parent.mkdir(parents=True, exist_ok=True)
        (root / rel).write_bytes(data)
    (root / "pkg/run me.py").chmod(0o750)
    (root / "app.py").chmod(0o640)
    (root / "mendel.toml").write_text(CONFIG)
    return System.open(root)


def make_patch(
    system: System, name: str = "p1", changes: dict[str, str | None] | None = None
) -> tuple[BundleStore, Patch]:
    """A patch on the system as it is now."""
    store = BundleStore(system.bundles)
    base = store.snapshot(system)
    bundle = store.derive(base, CHANGES if changes is None else changes)
    diff = store.diff(base, bundle)
    digest = patch_digest(base, bundle, diff)
    files = store.changed(base, bundle)
    return store, Patch(
        name, PatchKind.FIX, PatchStatus.PROPOSED, digest, base, bundle, files, diff, "because tested"
    )


def tree(root: Path) -> Tree:
    """Every file and folder outside of ``.mendel`` and ``.git``: bytes and permission bits."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        rel = path.relative_to(root)
        if rel.parts[0] not in (".mendel", ".git"):
            data = path.read_bytes() if path.is_file() else b"folder"
            found[rel.as_posix()] = (data, stat.S_IMODE(path.stat().st_mode))
    return found
