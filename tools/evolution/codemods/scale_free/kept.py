"""A memory that an object keeps on itself: for methods that are called bar by bar from outside, where no loop could hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import libcst as cst

from tools.evolution.codemods.base import RepairError
from tools.evolution.codemods.scale_free.file_edit import FileEdit, walk

Calls = Callable[[FileEdit, str], list[cst.Call]]


def called_in_loops(edits: Iterable[FileEdit], name: str, calls: Calls, depth: int) -> bool:
    """Whether every way to a function leads through a loop over bars, which can then keep its memory; ``calls`` finds the
    calls by a function's name."""
    edits = list(edits)
    try:
        ways = [(edit, call) for edit in edits for call in calls(edit, name)]
    except RepairError:  # some calls cannot be followed
        return False
    if depth == 0 or not ways:
        return False
    for edit, call in ways:
        caller = edit.function_of(call)
        if edit.repeated_statement(call) is None and (
            caller is None or not called_in_loops(edits, caller.name.value, calls, depth - 1)
        ):
            return False
    return True


def keep_on_self(edit: FileEdit, function: cst.FunctionDef, made: str) -> str | None:
    """Have the object of a method make its memory (``made`` is its source) when it is made, and return how the method calls
    it; None for a plain function, a static method and a class without an ``__init__`` of its own."""
    owner = next((n for n in edit.ancestors(function) if isinstance(n, cst.ClassDef | cst.FunctionDef)), None)
    if not isinstance(owner, cst.ClassDef) or function.decorators or not function.params.params:
        return None
    makers = [n for n in owner.body.body if isinstance(n, cst.FunctionDef) and n.name.value == "__init__"]
    if len(makers) != 1 or not makers[0].params.params or makers[0] is function:
        return None
    maker, name = makers[0], _free_attribute(edit)
    first = _first_statement(maker)
    if first is None:
        return None
    edit.before.setdefault(first, []).append(f"{maker.params.params[0].name.value}.{name} = {made}")
    return f"{function.params.params[0].name.value}.{name}"


def _first_statement(maker: cst.FunctionDef) -> cst.BaseStatement | None:
    """The first one in a body of its own lines; a text that describes the function is not one."""
    if not isinstance(maker.body, cst.IndentedBlock):
        return None
    for statement in maker.body.body:
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if not (isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)):
            return statement
    return None


def _free_attribute(edit: FileEdit) -> str:
    attributes = (n.attr.value for n in walk(edit.wrapper.module) if isinstance(n, cst.Attribute))
    used = {*attributes, *(t.split(" = ")[0].split(".")[-1] for lines in edit.before.values() for t in lines)}
    return next(n for n in ("usual", *(f"usual_{k}" for k in range(2, 99))) if n not in used)
