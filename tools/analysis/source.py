"""A system's source as text and syntax trees. Nothing is imported or executed.

Parsing a hostile file can exhaust memory: check it first (``sandbox.host.parse``) and pass what failed as
``unreadable``. Whatever cannot be read is kept beside the reason, so that no answer pretends to be complete.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

#: Bytes and syntax levels beyond which a file is named unreadable: walking it would exhaust the stack.
MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 150
SOURCE_ROOTS = ("src", "lib", "python")
TEST_FOLDERS = ("tests", "test", "testing")


@dataclass(frozen=True)
class SourceFile:
    """One readable file. ``path`` is relative, with forward slashes; ``module`` its dotted name by path."""

    path: str
    module: str
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """Whether this is a package's ``__init__``."""
        return PurePosixPath(self.path).name == "__init__.py"

    @property
    def is_test(self) -> bool:
        """Whether this file only serves the system's own tests."""
        place = PurePosixPath(self.path)
        name = place.name
        in_tests = any(part.lower() in TEST_FOLDERS for part in place.parts[:-1])
        return in_tests or name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"

    @property
    def lines(self) -> int:
        """Number of lines."""
        return len(self.text.splitlines())

    def segment(self, node: ast.AST) -> str:
        """The node as normalised source on one line: stable against layout and comments."""
        return " ".join(ast.unparse(node).split())


@dataclass(frozen=True)
class SourceTree:
    """The readable files by path, and why the others are not."""

    files: Mapping[str, SourceFile]
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_files(
        cls, files: Mapping[str, str], *, unreadable: Mapping[str, str] | None = None
    ) -> SourceTree:
        """Parse every ``*.py`` of ``files`` (relative path -> text) that ``unreadable`` does not name."""
        bad = dict(unreadable or {})
        good: dict[str, SourceFile] = {}
        for path in sorted(files):
            if not path.endswith(".py") or path in bad:
                continue
            parsed = _parse(path, files[path])
            if isinstance(parsed, str):
                bad[path] = parsed
            else:
                good[path] = SourceFile(path, module_name(path), files[path], parsed)
        return cls(good, bad)

    def __iter__(self) -> Iterator[SourceFile]:
        return iter(self.files.values())

    def product(self) -> Iterator[SourceFile]:
        """The files that are not tests."""
        return (file for file in self if not file.is_test)

    def by_module(self, name: str) -> SourceFile | None:
        """The file that ``import name`` means: an exact match, or the only one whose name ends so.

        A bundle may start above or below the system's import root, hence the suffix rule; two candidates
        are ambiguous and give None."""
        exact = [file for file in self if file.module == name]
        if exact:
            return exact[0]
        tail = [file for file in self if file.module.endswith("." + name) or name.endswith("." + file.module)]
        return tail[0] if len(tail) == 1 else None


def module_name(path: str) -> str:
    """``src/pkg/sub/x.py`` -> ``pkg.sub.x``. Folder names that no import could spell are kept as they are."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if len(parts) > 1 and parts[0] in SOURCE_ROOTS:
        parts = parts[1:]
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


def _parse(path: str, text: str) -> ast.Module | str:
    """The tree, or why there is none."""
    if len(text) > MAX_CHARACTERS:
        return f"{len(text):,} characters; {MAX_CHARACTERS:,} is the limit"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the system's own escapes are not our warnings
            tree = ast.parse(text, filename=path)
    except SyntaxError as error:
        return f"syntax error at line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"cannot be parsed: {type(error).__name__}: {error}"
    depth = _depth(tree)
    return tree if depth <= MAX_DEPTH else f"nested {depth} levels deep; {MAX_DEPTH} is the limit"


def _depth(tree: ast.AST) -> int:
    """Levels of nesting, counted without recursion."""
    deepest = 0
    stack: list[tuple[ast.AST, int]] = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest
