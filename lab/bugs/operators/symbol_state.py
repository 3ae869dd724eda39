"""A cache that does not know the symbol: the second market gets the first one's answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, from_style, line_of, replaced
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """A module-level table keyed by the number of bars, or the last value kept."""
    yield from from_style("symbol_state")(style)
    memo = style.sites.get("memo")
    if memo is None:
        return
    file, line, name = memo["file"], memo["find"], memo["name"]
    indent = line[: len(line) - len(line.lstrip())]
    versions = (
        f"{indent}{name} = _CACHE.setdefault({memo['length']}, {memo['value']})",
        f'{indent}if "last" not in _CACHE or len(_CACHE["last"]) != {memo["length"]}:\n'
        f'{indent}    _CACHE["last"] = {memo["value"]}\n{indent}{name} = _CACHE["last"]',
    )
    for new in versions:
        if "last" in new and name.startswith("("):
            continue  # the length of a pair says nothing
        text = replaced(style.files[file], line, new)
        text = re.sub(r"(?m)^(class |def |@)", lambda m: f"_CACHE = {{}}\n\n\n{m[0]}", text, count=1)
        yield Mutant({file: text}, ((file, line_of(text, new)), (file, line_of(text, "_CACHE = {}\n"))))


OPERATOR = Operator(
    "symbol_state", "what one market leaves, another finds", frozenset(["state_leak"]), plant, shows="repeat"
)
