"""Every category that a detector or a probe can give has words of its own on the report."""

from __future__ import annotations

import ast
from pathlib import Path

from lab.bugs.operators.registry import OPERATORS
from mendel.report.words import CATEGORIES, category
from tools.analysis.detect import ADVISORY, PROBES

ANALYSIS = Path(__file__).resolve().parents[2] / "tools" / "analysis"
#: Call -> the place of the category among its arguments.
CALLS = {"make_finding": 0, "Suspect": 3, "Finding": 1}
#: Expressions that are one of several values known elsewhere: what a probe was made with, or a name handed on.
HANDED_ON = {"category", "item.category", "self.category"}


def written(path: Path) -> set[str]:
    """The categories of a file. Fails where an expression is not understood, so that none is passed over."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                assigned.setdefault(ast.unparse(target), set()).update(constants(node.value))
    found: set[str] = set()
    for node in ast.walk(tree):
        name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in CALLS and len(node.args) > CALLS[name]:
            given = node.args[CALLS[name]]
            known = constants(given) or assigned.get(ast.unparse(given), set())
            assert known or ast.unparse(given) in HANDED_ON, (
                f"{path.name}:{node.lineno}: {ast.unparse(given)}"
            )
            found |= known
    return found


def constants(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return constants(node.body) | constants(node.orelse)
    if isinstance(node, ast.JoinedStr) and ast.unparse(node).endswith("_never_armed'"):
        return {f"{kind}_never_armed" for kind in ("stop", "target", "trail")}
    return set()


def test_every_category_in_the_source_has_words() -> None:
    found = {path.name: written(path) for path in ANALYSIS.rglob("*.py")}
    assert {name: c for name, given in found.items() if (c := given - set(CATEGORIES))} == {}
    assert len(set().union(*found.values())) > 25


def test_so_have_those_that_a_probe_is_made_with_and_those_of_the_board() -> None:
    made = {c for p in (*PROBES, *ADVISORY) if isinstance(c := getattr(p, "category", None), str)}
    assert {"absolute_threshold", "absolute_price"} <= made
    board = {c for o in OPERATORS.values() for c in (*o.categories, *o.consequences)}
    assert made | board <= set(CATEGORIES)


def test_words_are_never_the_name_alone() -> None:
    assert all(said != name.replace("_", " ") for name, said in CATEGORIES.items())
    assert category("absolute_price") == "a fixed number judges a price"
    assert category("something_new") == "something new"
