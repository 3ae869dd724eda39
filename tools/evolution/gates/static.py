"""Gate: the patched files parse, show no new lint error, and swallow no exception that was not swallowed before."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter

from sandbox.host.parse import check_sources
from tools.contracts import Verdict
from tools.evolution.gates.base import Case, verdict

LINT_RULES = "E4,E7,E9,F,B006,B008"
LINT_SECONDS = 30


class StaticGate:
    """Parsing, lint and broad excepts of the changed files."""

    name = "static"

    def judge(self, case: Case) -> Verdict:
        """Fails with each new error named."""
        store, patch = case.before.store, case.patch
        old, new = store.sources(patch.base), store.sources(patch.bundle)
        changed = {f: new[f] for f in patch.files if f in new}
        faults = [f"{file}: {why}" for file, why in check_sources(changed).items()]
        if not faults:
            for file, text in changed.items():
                faults += new_lint(file, old.get(file, ""), text)
                more = swallowed(text) - swallowed(old.get(file, ""))
                faults += [f"{file}: swallows exceptions in {place}" for place in sorted(more)]
        return verdict(self.name, not faults, files=sorted(changed), rules=LINT_RULES, faults=faults)


def new_lint(file: str, before: str, after: str) -> list[str]:
    """Messages that the old text did not have, as often as it did not have them."""
    added = Counter(_lint(after)) - Counter(_lint(before))
    return [f"{file}: {message}" for message in sorted(added.elements())]


def _lint(text: str) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--quiet",
        "--no-cache",
        "--select",
        LINT_RULES,
    ]
    run = subprocess.run(
        [*command, "--output-format", "json", "-"],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=LINT_SECONDS,
        check=False,
    )
    if run.returncode not in (0, 1):
        return [f"the linter failed: {run.stderr.strip()[:200]}"]
    return [f"{item['code']} {item['message']}" for item in json.loads(run.stdout or "[]")]


def swallowed(text: str) -> set[str]:
    """Functions with a broad except that does not raise again, by dotted name and count."""
    found: Counter[str] = Counter()
    for name, node in _functions(ast.parse(text), ""):
        for handler in (h for h in ast.walk(node) if isinstance(h, ast.ExceptHandler)):
            broad = handler.type is None or ast.unparse(handler.type).split(".")[-1] in {
                "Exception",
                "BaseException",
            }
            if broad and not any(isinstance(n, ast.Raise) for n in ast.walk(handler)):
                found[name] += 1
    return {f"{name}() ({k})" for name, n in found.items() for k in range(1, n + 1)}


def _functions(tree: ast.AST, prefix: str) -> list[tuple[str, ast.AST]]:
    found: list[tuple[str, ast.AST]] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((f"{prefix}{node.name}", node))
        elif isinstance(node, ast.ClassDef):
            found += _functions(node, f"{prefix}{node.name}.")
    return found
