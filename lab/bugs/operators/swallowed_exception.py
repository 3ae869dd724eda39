"""Any failure of a part is answered with a stand-in, and nobody hears of it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, line_of, replaced
from lab.bugs.style import Style

FAULT = 'raise RuntimeError("planted")'
HANDLERS = ("except Exception:", "except:")


def plant(style: Style) -> Iterator[Mutant]:
    """A statement in a broad ``try`` with a fallback."""
    block = style.sites.get("block")
    if block is None:
        return
    file, line = block["file"], block["find"]
    indent = line[: len(line) - len(line.lstrip())]
    before = style.files[file]
    for handler in HANDLERS:
        new = f"{indent}try:\n    {line}\n{indent}{handler}\n{indent}    {block['fallback']}"
        text = replaced(before, line, new)
        failing = replaced(before, line, new.replace("try:\n", f"try:\n{indent}    {FAULT}\n"))
        clean = replaced(before, line, f"{indent}{FAULT}\n{line}")
        yield Mutant(
            {file: text},
            ((file, line_of(text, new)), (file, line_of(text, new) + 2)),
            faulty={file: failing},
            clean_faulty={file: clean},
        )


OPERATOR = Operator(
    "swallowed_exception",
    "a failure looks like a quiet market",
    frozenset(["swallowed_exception"]),
    plant,
    shows="fault",
)
