"""A unified diff as rows for a table: line numbers of both sides, a sign, and the line with its syntax coloured."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from pygments.token import _TokenType

#: A person reads no further; the command line has the rest.
MOST_LINES = 600
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$")


@dataclass(frozen=True)
class Line:
    """One row. ``kind`` is ``same``, ``added``, ``removed`` or ``hunk``; numbers are None where the side lacks it."""

    kind: str
    old: int | None
    new: int | None
    code: Markup


@dataclass(frozen=True)
class FileDiff:
    """One file's rows."""

    path: str
    lines: tuple[Line, ...]
    added: int
    removed: int


@dataclass(frozen=True)
class Diff:
    """All files, and how many lines were left out."""

    files: tuple[FileDiff, ...]
    left_out: int = 0


def read_diff(text: str) -> Diff:
    """Rows of a git-style unified diff. What is no diff gives no files."""
    whole = text.splitlines()
    git = any(line.startswith("diff --git ") for line in whole)
    chunks: list[tuple[str, list[str]]] = []
    for i, line in enumerate(whole[:MOST_LINES]):
        if git and line.startswith("diff --git "):
            chunks.append((line.rpartition(" b/")[2] or line, []))
        elif not git and line.startswith("+++ ") and i and whole[i - 1].startswith("--- "):
            chunks.append((line[4:].removeprefix("b/").split("\t")[0], []))
        elif chunks:
            chunks[-1][1].append(line)
    files = tuple(_file(path, lines) for path, lines in chunks)
    return Diff(files, max(0, len(whole) - MOST_LINES))


def _file(path: str, lines: list[str]) -> FileDiff:
    rows: list[Line] = []
    start = next((i for i, line in enumerate(lines) if line.startswith("@@")), len(lines))
    hunk: list[str] = []
    at, title = (0, 0), ""
    for line in [*lines[start:], "@@ -0 +0 @@"]:
        found = _HUNK.match(line)
        if found is None:
            hunk.append(line)
            continue
        rows += _hunk(path, hunk, at, title)
        hunk, at, title = [], (int(found[1]), int(found[2])), found[3]
    kinds = [row.kind for row in rows]
    return FileDiff(path, tuple(rows), kinds.count("added"), kinds.count("removed"))


def _hunk(path: str, lines: list[str], at: tuple[int, int], title: str) -> list[Line]:
    if not lines:
        return []
    old, new = at
    before = iter(highlight(path, [x[1:] for x in lines if x[:1] in ("-", " ", "")]))
    after = iter(highlight(path, [x[1:] for x in lines if x[:1] in ("+", " ", "")]))
    rows = [
        Line(
            "hunk", None, None, Markup("lines {} … {}").format(new, title) if title else Markup(f"line {new}")
        )
    ]
    for line in lines:
        sign = line[:1]
        if sign == "-":
            rows.append(Line("removed", old, None, next(before)))
            old += 1
        elif sign == "+":
            rows.append(Line("added", None, new, next(after)))
            new += 1
        elif sign in (" ", ""):
            next(before)
            rows.append(Line("same", old, new, next(after)))
            old, new = old + 1, new + 1
        else:  # "\ No newline at end of file"
            rows.append(Line("hunk", None, None, escape(line[1:].strip())))
    return rows


def highlight(path: str, lines: list[str]) -> list[Markup]:
    """Each line as markup, coloured by the language that the file's name tells."""
    from pygments.lexer import Lexer
    from pygments.lexers import TextLexer, get_lexer_for_filename
    from pygments.util import ClassNotFound

    lexer: Lexer
    try:
        lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False, ensurenl=False)
    done = _by_line(lexer.get_tokens("\n".join(lines)))
    return [done[i] if i < len(done) else escape(line) for i, line in enumerate(lines)]


def _by_line(tokens: Iterable[tuple[_TokenType, str]]) -> list[Markup]:
    lines = [Markup("")]
    for kind, value in tokens:
        css = _css(kind)
        for k, part in enumerate(value.split("\n")):
            if k:
                lines.append(Markup(""))
            if part:
                lines[-1] += Markup('<span class="{}">{}</span>').format(css, part) if css else escape(part)
    return lines


def _css(kind: _TokenType) -> str:
    """The colour group of a token: few, so that both themes stay readable."""
    from pygments.token import Comment, Keyword, Name, Number, Operator, String, is_token_subtype

    groups: tuple[tuple[_TokenType, str], ...] = (
        (Comment, "c"),
        (String, "s"),
        (Number, "m"),
        (Operator.Word, "k"),
        (Keyword, "k"),
        (Name.Function, "f"),
        (Name.Class, "f"),
        (Name.Decorator, "f"),
        (Name.Builtin, "b"),
    )
    return next((css for group, css in groups if is_token_subtype(kind, group)), "")
