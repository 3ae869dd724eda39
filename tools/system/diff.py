"""Unified diffs that ``git apply`` and ``patch`` take, exact to the byte."""

from __future__ import annotations

import difflib

#: A file's bytes and whether it is executable.
Side = tuple[bytes, bool]

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(rel: str, before: Side | None, after: Side | None) -> str:
    """The diff of one file; None = it does not exist on that side; empty when nothing differs."""
    if before == after:
        return ""
    header = _header(rel, before, after)
    old, new = (before or (b"", False))[0], (after or (b"", False))[0]
    if old == new:
        return header
    if b"\0" in old or b"\0" in new:
        return f"{header}Binary files {_name('a/', rel, before)} and {_name('b/', rel, after)} differ\n"
    return header + _body(rel, old, new, before, after)


def _header(rel: str, before: Side | None, after: Side | None) -> str:
    lines = [f"diff --git {_quoted('a/' + rel)} {_quoted('b/' + rel)}\n"]
    if before is None:
        lines.append(f"new file mode {_mode(after)}\n")
    elif after is None:
        lines.append(f"deleted file mode {_mode(before)}\n")
    elif before[1] != after[1]:
        lines.append(f"old mode {_mode(before)}\nnew mode {_mode(after)}\n")
    return "".join(lines)


def _body(rel: str, old: bytes, new: bytes, before: Side | None, after: Side | None) -> str:
    names = _name("a/", rel, before), _name("b/", rel, after)
    lines = difflib.unified_diff(_lines(old), _lines(new), *names, lineterm="\n")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _lines(data: bytes) -> list[str]:
    """Lines that end at a line feed and nowhere else (``splitlines`` also cuts at form feeds)."""
    pieces = data.decode("utf-8", errors="surrogateescape").split("\n")
    last = pieces.pop()
    return [piece + "\n" for piece in pieces] + ([last] if last else [])


def _name(prefix: str, rel: str, side: Side | None) -> str:
    """The name in a ``---`` line; a tab ends a name that holds a space, as git writes it."""
    if side is None:
        return "/dev/null"
    name = _quoted(prefix + rel)
    return name + "\t" if " " in name and not name.startswith('"') else name


def _quoted(name: str) -> str:
    """git's C-style quoting for names with quotes, backslashes, control characters or broken UTF-8."""
    if all(char not in '"\\' and char >= " " and not "\udc80" <= char <= "\udcff" for char in name):
        return name
    return '"' + "".join(map(_escape, name.encode("utf-8", errors="surrogateescape"))) + '"'


def _escape(byte: int) -> str:
    if byte in (34, 92):
        return "\\" + chr(byte)
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def _mode(side: Side | None) -> str:
    return "100755" if side and side[1] else "100644"
