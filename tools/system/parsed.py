"""Every Python file of a repository, parsed where that is safe, and the folder that its imports start from."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sandbox.host.parse import check_sources
from tools.system.bundles import decode
from tools.system.modules import Module, module_name
from tools.system.source import MAX_SOURCE_BYTES, SourceWalk

_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
_TEST_FOLDERS = frozenset(("tests", "test"))


@dataclass(frozen=True)
class Parsed:
    """``trees`` by relative path; ``unreadable`` maps files that do not parse to the reason; ``notes`` are what else
    is to be known about files, a sentence each."""

    root: Path
    trees: Mapping[str, ast.Module]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    #: The source of every tree.
    texts: Mapping[str, str] = field(default_factory=dict)

    def modules(self, start: str) -> dict[str, Module]:
        """The modules by the name under which they are imported when imports start in the folder ``start``. The
        system's tests are not among them."""
        found: dict[str, Module] = {}
        for rel, tree in self.trees.items():
            inside = below(rel, start)
            name = None if inside is None or is_test(inside) else module_name(inside)
            if name is not None and inside is not None:
                found[name] = Module(name, inside, tree)
        return found


def below(rel: str, start: str) -> str | None:
    """``rel`` as seen from the folder ``start``; None where it lies elsewhere."""
    if start == ".":
        return rel
    return rel.removeprefix(start + "/") if rel.startswith(start + "/") else None


def read_sources(root: Path) -> Parsed:
    """Parse all of a repository's source. Nothing is run. Raises SourceError for a link that leads outside."""
    texts: dict[str, str] = {}
    notes: list[str] = []
    for rel in SourceWalk(root).files():
        if rel.endswith(".py"):
            try:
                data = (root / rel).read_bytes()
            except OSError as error:
                notes.append(f"{rel}: cannot be read ({error.strerror})")
                continue
            texts[rel], note = _text(data)
            notes += [f"{rel}: {note}"] if note else []
    unreadable = check_sources(texts, only_ast=True)  # libcst is for changing it, later
    trees = {rel: _tree(text) for rel, text in texts.items() if rel not in unreadable}
    return Parsed(root, trees, unreadable, tuple(notes), texts)


def left_out(root: Path, files: list[str]) -> list[str]:
    """Notes about what looks like source but is not carried: notebooks, and files that are too large."""
    books = [rel for rel in files if rel.endswith(".ipynb")]
    notes = [
        f"{rel}: {_size(root / rel) / 1e6:.0f} MB of source is not carried into the sandbox (limit 2 MB); generate it smaller, or read it as data"
        for rel in files
        if rel.endswith(".py") and _size(root / rel) > MAX_SOURCE_BYTES
    ]
    if books:
        more = f" and {len(books) - 1} more" if len(books) > 1 else ""
        notes.append(f"{books[0]}{more}: notebooks are not read; save the strategy as a .py file")
    return notes


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _text(data: bytes) -> tuple[str, str]:
    """(the program's text, a note where its encoding is not UTF-8). A coding line is honoured as Python does it."""
    text = decode(data).removeprefix("\ufeff")
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        if encoding in ("utf-8", "utf-8-sig"):
            return text, ""
        read = data.decode(encoding)
    except (SyntaxError, LookupError, UnicodeError):
        return text, ""  # the parser will say what is wrong with it
    if read == text:
        return text, ""
    first, second, *rest = [*read.split("\n", 2), "", ""][:3]
    plain = "\n".join([_CODING.sub("# ", first), _CODING.sub("# ", second), *rest])
    return (
        plain,
        f"is written in {encoding}: it runs, but can only be analysed and repaired once saved as UTF-8",
    )


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the system's own escapes are not our warnings
        return ast.parse(text)


def is_test(rel: str) -> bool:
    """Whether a file belongs to the system's tests or set-up by its place or name."""
    *folders, name = PurePosixPath(rel).parts
    return (
        bool(_TEST_FOLDERS & set(folders))
        or name.startswith("test_")
        or name.endswith("_test.py")
        or name in ("conftest.py", "setup.py")
    )
