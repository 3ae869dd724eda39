"""Imports point down only, child code stands alone, answers stay in the lab, and start-up stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"mendel": 4, "agents": 3, "lab": 3, "tools": 2, "memory": 1, "sandbox": 1}
TOOLS = {
    "bench": 6,
    "evolution": 5,
    "optimization": 4,
    "analysis": 4,
    "vision": 3,
    "discovery": 3,
    "backtest": 2,
    "system": 2,
    "market": 1,
    "statistics": 1,
}
CHILD_MAY_USE = {"numpy", "pandas", "sandbox", "_mendel"}
HEAVY = {
    "pandas",
    "numpy",
    "numba",
    "langgraph",
    "libcst",
    "pyarrow",
    "plotly",
    "scipy",
    "pydantic",
    "jinja2",
    "rich",
}


def files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno


def rank(module: str) -> tuple[int, int]:
    parts = module.split(".")
    inner = TOOLS.get(parts[1], 0) if parts[0] == "tools" and len(parts) > 1 else 0
    return ROOMS[parts[0]], inner


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_imports_point_down(room: str) -> None:
    wrong = []
    for path in files(room):
        me = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for module, line in imported(path):
            top = module.split(".")[0]
            if top not in ROOMS or top == room == "mendel":
                continue
            mine, theirs = rank(me), rank(module)
            same_room = top == room and (room != "tools" or mine[1] == theirs[1] or theirs[1] == 0)
            if not same_room and theirs >= mine:
                wrong.append(f"{me}:{line} imports {module}")
            if top == room == "tools" and theirs[1] > mine[1]:
                wrong.append(f"{me}:{line} imports {module}")
    assert not wrong


def test_the_child_needs_nothing_of_ours() -> None:
    wrong = []
    for path in files("sandbox/child"):
        for module, line in imported(path):
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names and not any(top.startswith(may) for may in CHILD_MAY_USE):
                wrong.append(f"{path.name}:{line} imports {module}")
            if module.startswith("sandbox") and not module.startswith("sandbox.child"):
                wrong.append(f"{path.name}:{line} imports {module}")
    assert not wrong


def test_answers_are_read_in_the_lab_alone() -> None:
    readers = [
        p
        for p in files("mendel", "agents", "tools", "memory", "sandbox")
        if "answers" in p.read_text(encoding="utf-8")
    ]
    named = [p.name for p in readers if any(m.startswith("lab.answers") for m, _ in imported(p))]
    assert not named
    for path in readers:
        assert "lab/answers" not in path.read_text(encoding="utf-8"), path


def test_the_command_line_starts_light() -> None:
    code = "import sys, mendel.cli; print(' '.join(sorted({m.split('.')[0] for m in sys.modules})))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not HEAVY & set(run.stdout.split())
