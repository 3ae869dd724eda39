"""Gate: the patch stays within its bounds: editable files, a size that a person can read, no new power for the code, and
the examiner (Mendel's own judging code) unchanged since it was loaded."""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from pathlib import Path

from tools.contracts import Verdict
from tools.evolution.gates.base import Case, verdict

MAX_FILES, MAX_CHANGED_LINES = 10, 400
#: What trading rules have no business with. A patch may not be the first to import or call these.
DANGEROUS_MODULES = frozenset(
    [
        "os",
        "sys",
        "subprocess",
        "socket",
        "ctypes",
        "shutil",
        "importlib",
        "pickle",
        "marshal",
        "shelve",
        "builtins",
        "threading",
        "multiprocessing",
        "signal",
        "asyncio",
        "requests",
        "urllib",
        "http",
        "ftplib",
        "smtplib",
        "telnetlib",
        "httpx",
        "aiohttp",
        "webbrowser",
        "code",
        "pty",
        "mmap",
        "gc",
        "inspect",
        "atexit",
        "tempfile",
        "pathlib",
        "glob",
        "runpy",
        "site",
        "cffi",
        "dill",
        "cloudpickle",
        "joblib",
    ]
)
DANGEROUS_CALLS = frozenset(
    [
        "eval",
        "exec",
        "compile",
        "open",
        "__import__",
        "input",
        "breakpoint",
        "globals",
        "vars",
        "setattr",
        "delattr",
    ]
)


class ScopeGate:
    """Bounds of a patch."""

    name = "scope"

    def judge(self, case: Case) -> Verdict:
        """Fails with every bound that is overstepped named."""
        system, store, patch = case.before.system, case.before.store, case.patch
        faults = [f"{f}: not editable" for f in patch.files if not system.editable(f)]
        changed = [
            line for line in patch.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
        ]
        if len(patch.files) > MAX_FILES:
            faults.append(f"{len(patch.files)} files changed, at most {MAX_FILES}")
        if len(changed) > MAX_CHANGED_LINES:
            faults.append(f"{len(changed)} lines changed, at most {MAX_CHANGED_LINES}")
        old, new = store.sources(patch.base), store.sources(patch.bundle)
        for file in patch.files:
            gained = powers(new.get(file, "")) - powers(old.get(file, ""))
            faults += [f"{file}: new {power}" for power in sorted(gained)]
        if examiner_now() != EXAMINER:
            faults.append("Mendel's own judging code changed while it was running")
        evidence = {
            "files": list(patch.files),
            "changed_lines": len(changed),
            "examiner": EXAMINER[:12],
            "faults": faults,
        }
        return verdict(self.name, not faults, **evidence)


def powers(source: str) -> set[str]:
    """Dangerous modules imported and dangerous names called, dunder attributes included."""
    found: set[str] = set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return found  # the static gate names it
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]} if node.level == 0 else set()
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DANGEROUS_CALLS
        ):
            found.add(f"call of {node.func.id}()")
            continue
        elif isinstance(node, ast.Attribute) and node.attr.startswith("__") and node.attr != "__name__":
            found.add(f"use of {node.attr}")
            continue
        else:
            continue
        found |= {f"import of {name}" for name in names & DANGEROUS_MODULES}
    return found


def examiner_now() -> str:
    """sha256 over the code that measures and judges."""
    root = Path(__file__).resolve().parents[3]
    total = hashlib.sha256()
    for room in ("sandbox", "tools/backtest", "tools/evolution", "tools/analysis", "tools/system"):
        for path in sorted((root / room).rglob("*.py")):
            total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@lru_cache(maxsize=1)
def _at_start() -> str:
    return examiner_now()


EXAMINER = _at_start()
