"""Parsed modules of a system, and what their expressions name."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Module:
    """One parsed file below the folder that imports start from."""

    name: str
    file: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.file.endswith("__init__.py") else self.name.rpartition(".")[0]


def module_name(rel: str) -> str | None:
    """The dotted name under which ``importlib`` finds a file, None where its path cannot be said so. Names that no
    import statement could spell (``my-strategies.trend``) are names all the same."""
    parts = list(PurePosixPath(rel).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(map(_sayable, parts)) else None


def _sayable(part: str) -> bool:
    return part.isprintable() and not set('.:"\\') & set(part)


def last_name(node: ast.expr | None) -> str:
    """``DataFrame`` of ``pd.DataFrame``, ``DataFrame`` or ``"pd.DataFrame"``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    return node.id if isinstance(node, ast.Name) else ""
