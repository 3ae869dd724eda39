"""A default argument that outlives the call."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, line_of, replaced
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """A memo in a default argument, or the default object that is written to."""
    helper = style.sites.get("helper")
    if helper is None:
        return
    file, text = helper["file"], style.files[helper["file"]]
    head, last = helper["def"], helper["return"]
    if "custom_def" in helper:
        new_head, new_last = helper["custom_def"], helper["custom_return"]
    else:
        cut = head.index(")")
        new_head = f"{head[:cut]}, seen={{}}{head[cut:]}"
        indent = last[: len(last) - len(last.lstrip())]
        body, _, rest = last.partition("return")
        tail = rest.strip().removeprefix(helper["value"])
        value = helper["value"]
        new_last = f'{body}if "answer" not in seen:\n{indent}    seen["answer"] = {value}\n{indent}return seen["answer"]{tail}'
    text = replaced(replaced(text, head, new_head), last, new_last)
    yield Mutant({file: text}, ((file, line_of(text, new_head)), (file, line_of(text, new_last))))


OPERATOR = Operator(
    "mutable_default",
    "what one call leaves, the next one finds",
    frozenset(["state_leak"]),
    plant,
    shows="repeat",
)
