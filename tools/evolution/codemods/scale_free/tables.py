"""An entry of a settings table that nobody reads once the conditions are repaired: ``CONFIG = {"floor": 1e6}``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import libcst as cst

from tools.evolution.codemods.scale_free.file_edit import Edit, FileEdit, walk

Opener = Callable[[str], FileEdit]


def keys_in(node: cst.CSTNode) -> set[str]:
    """The texts that a piece of source looks something up by: ``floor`` in ``config["floor"]``."""
    looked = (n.slice for n in walk(node) if isinstance(n, cst.SubscriptElement))
    return {text for n in looked if isinstance(n, cst.Index) and (text := _text(n.value)) is not None}


def drop_unread(
    opener: Opener, sources: Mapping[str, str], files: Iterable[str], gone: Mapping[str, int]
) -> None:
    """Drop the entries of tables at the top of a module whose key is written nowhere but there and where it is gone:
    ``gone`` counts the latter by key. Only ``files`` may be edited; other files (tests among them) are read."""
    places = [
        (file, entry) for file in files if _mentions(sources[file], gone) for entry in _entries(opener(file))
    ]
    for key, times in gone.items():
        written = sum(text.count(f'"{key}"') + text.count(f"'{key}'") for text in sources.values())
        own = [(file, table, element) for file, (table, element) in places if _text(element.key) == key]
        if len(own) == 1 and written == times + 1 and len(own[0][1].elements) > 1:  # an empty table is false
            file, table, element = own[0]
            edits = opener(file).edits
            edits[table] = _without(element, edits.get(table))


def _mentions(text: str, keys: Iterable[str]) -> bool:
    return any(key in text for key in keys)


def _entries(edit: FileEdit) -> Iterator[tuple[cst.Dict, cst.DictElement]]:
    for line in edit.wrapper.module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            table = getattr(small, "value", None)
            if isinstance(small, cst.Assign | cst.AnnAssign) and isinstance(table, cst.Dict):
                yield from ((table, e) for e in table.elements if isinstance(e, cst.DictElement))


def _without(element: cst.DictElement, first: Edit | None) -> Edit:
    key = _text(element.key)

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        node = node if first is None else first(node)
        assert isinstance(node, cst.Dict)
        left = [e for e in node.elements if not (isinstance(e, cst.DictElement) and _text(e.key) == key)]
        return node.with_changes(elements=left)

    return edit


def _text(node: cst.BaseExpression) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None
