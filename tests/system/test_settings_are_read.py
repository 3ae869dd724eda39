"""A knob that is connected to nothing is worse than none: every setting is read somewhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pydantic import BaseModel

from tools.system.config import SystemConfig

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "tools", "mendel", "memory", "sandbox", "lab")


def settings() -> list[tuple[str, str]]:
    found = []
    for section, part in SystemConfig.model_fields.items():
        model = part.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        found += [(section, name) for name in model.model_fields]
    return found


@pytest.fixture(scope="module")
def read() -> set[str]:
    """Every attribute that the product reads. A definition is no attribute."""
    names: set[str] = set()
    for file in (f for room in ROOMS for f in (ROOT / room).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return names


@pytest.mark.parametrize(("section", "name"), settings())
def test_it_is_read(section: str, name: str, read: set[str]) -> None:
    assert name in read, f"[{section}] {name} is read nowhere: wire it, or take it out"
