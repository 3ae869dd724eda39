"""Replace the fixed number of one condition by a level of the market's own past."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from tools.evolution.codemods.base import RepairError
from tools.evolution.codemods.scale_free.file_edit import Edit, FileEdit, walk
from tools.evolution.codemods.scale_free.kept import called_in_loops, keep_on_self
from tools.evolution.codemods.scale_free.level import Level
from tools.evolution.codemods.scale_free.plan import Threshold

MAX_DEPTH = 3
SHORT_LINE = 100
Opener = Callable[[str], FileEdit]


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def sides(node: cst.CSTNode) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """Left and right of a comparison, of ``x.gt(y)`` or of ``np.greater(x, y)``."""
    if isinstance(node, cst.Comparison):
        return node.left, node.comparisons[0].comparator
    assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
    if len(node.args) == 1:
        return node.func.value, node.args[0].value
    return node.args[0].value, node.args[1].value


def constant_text(node: cst.CSTNode, side: str) -> str:
    """Source of the side that holds the number."""
    left, right = sides(node)
    return _code(left if side == "left" else right)


def _with_side(node: cst.CSTNode, side: str, new: cst.BaseExpression) -> cst.CSTNode:
    if isinstance(node, cst.Comparison):
        if side == "left":
            return node.with_changes(left=new)
        target = node.comparisons[0].with_changes(comparator=new)
        return node.with_changes(comparisons=[target])
    assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
    if len(node.args) == 1 and side == "left":
        raise RepairError(f"`{_code(node)}`: the number is what is called upon")
    at = 0 if side == "left" else len(node.args) - 1
    arguments = [a.with_changes(value=new) if k == at else a for k, a in enumerate(node.args)]
    return node.with_changes(args=arguments)


def _level_edit(level: Level, ask: Callable[[str], str]) -> Edit:
    """Put ``ask(measured)`` in the place of the number."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        measured = measured_side(node, level.threshold)
        if any(isinstance(n, (cst.NamedExpr, cst.Await, cst.Yield)) for n in walk(measured)):
            raise RepairError(f"`{level.threshold.text}` assigns while it compares")
        return _with_side(node, level.threshold.constant_side, cst.parse_expression(ask(_code(measured))))

    return edit


def measured_side(node: cst.CSTNode, threshold: Threshold) -> cst.BaseExpression:
    """The side that grows with the market."""
    left, right = sides(node)
    return right if threshold.constant_side == "left" else left


def asked_every_bar(edit: FileEdit, threshold: Threshold) -> bool:
    """Whether the repaired condition looks at every bar: a whole column, or a scalar that can be asked before its guards."""
    node = edit.node_at(threshold.node, threshold.text)
    return (
        threshold.vector or edit.guarded_statement(node, _names(measured_side(node, threshold))) is not None
    )


def repair(opener: Opener, files: Mapping[str, str], level: Level) -> bool:
    """Plan the edits of one condition. Returns whether the old number is still the fallback of somebody."""
    threshold = level.threshold
    edit = opener(threshold.file)
    node = edit.node_at(threshold.node, threshold.text)
    if threshold.vector:
        edit.needs.add("vector")
        _vector(edit, node, level)
        return False
    statement = edit.repeated_statement(node)
    if statement is not None:
        _scalar(edit, node, level, _remember(edit, statement, level))
        return False
    function = edit.function_of(node)
    if function is None:
        raise RepairError(f"{threshold.file}: `{threshold.text}` stands outside any function")
    called = called_in_loops([opener(f) for f in files], function.name.value, _calls, MAX_DEPTH)
    own = None if called else keep_on_self(edit, function, f"TrailingQuantile({level.memory()})")
    if own is not None:
        edit.needs.add("scalar")
        _scalar(edit, node, level, own)
        return False
    fixed, memory = constant_text(node, threshold.constant_side), edit.free_name("usual")

    def ask(x: str) -> str:
        return f"({fixed} if {memory} is None else {level.around(f'{memory}.level({level.measured(x)})')})"

    edit.edits[node] = _level_edit(level, ask)
    _thread(opener, files, (edit, function, memory), level, MAX_DEPTH)
    return True


def _vector(edit: FileEdit, node: cst.CSTNode, level: Level) -> None:
    """In place where the line stays short, else by a name of its own in the line before."""

    def ask(x: str) -> str:
        return level.around(f"trailing_quantile({level.measured(x)}, {level.memory()})")

    text = ask(_code(measured_side(node, level.threshold)))
    line = edit.plain_statement(node)
    if line is None or len(_code(line).strip("\n")) + len(text) <= SHORT_LINE:
        edit.edits[node] = _level_edit(level, ask)
        return
    name = edit.named_before(line, text, "usual")
    edit.edits[node] = _level_edit(level, lambda x: name)


def _scalar(edit: FileEdit, node: cst.CSTNode, level: Level, memory: str) -> None:
    """Ask the memory in place or, where the condition is only reached when others hold, in the line before: every bar
    then counts. It stays in place where what it measures depends on those others (``i > 5 and x[i - 5] > floor``)."""

    def ask(x: str) -> str:
        return level.around(f"{memory}.level({level.measured(x)})")

    measured = measured_side(node, level.threshold)
    line = edit.guarded_statement(node, _names(measured))
    if line is None:
        edit.edits[node] = _level_edit(level, ask)
        return
    name = edit.named_before(line, ask(_code(measured)), "level")
    edit.edits[node] = _level_edit(level, lambda x: name)


def _names(node: cst.CSTNode) -> set[str]:
    return {n.value for n in walk(node) if isinstance(n, cst.Name)}


def _remember(edit: FileEdit, statement: cst.BaseStatement, level: Level) -> str:
    name = edit.free_name("usual")
    edit.needs.add("scalar")
    edit.before.setdefault(statement, []).append(f"{name} = TrailingQuantile({level.memory()})")
    return name


def _thread(
    opener: Opener,
    files: Mapping[str, str],
    held: tuple[FileEdit, cst.FunctionDef, str],
    level: Level,
    depth: int,
) -> None:
    """Give a per-bar function the memory (``held``: its file, itself, the argument's name) that its callers keep, and make
    them keep it."""
    edit, function, memory = held
    if depth == 0:
        raise RepairError(f"{function.name.value}() is called too many levels below its loop")
    edit.edits[function] = _with_memory(memory)
    called = [(e, c) for e in (opener(f) for f in files) for c in _calls(e, function.name.value)]
    if not called:
        raise RepairError(f"no call of {function.name.value}() was found, so nobody can keep its past")
    for there, call in called:
        statement = there.repeated_statement(call)
        if statement is not None:
            name = _remember(there, statement, level)
        else:
            caller = there.function_of(call)
            if caller is None:
                raise RepairError(f"{function.name.value}() is called once, outside any loop")
            name = there.free_name("usual")
            _thread(opener, files, (there, caller, name), level, depth - 1)
        there.edits[call] = _passing(memory, name)


def _calls(edit: FileEdit, name: str) -> list[cst.Call]:
    calls = [n for n in edit.positions if isinstance(n, cst.Call)]
    named = [c for c in calls if _code(c.func).split(".")[-1] == name]
    mentions = [
        n
        for n in edit.positions
        if isinstance(n, cst.Arg) and isinstance(n.value, cst.Name) and n.value.value == name
    ]
    if mentions:
        raise RepairError(f"{name}() is handed on as a value, so its calls cannot be followed")
    return named


def _with_memory(name: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.FunctionDef)
        bare = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        parameter = cst.Param(cst.Name(name), default=cst.Name("None"), equal=bare)
        given = node.params
        if (
            given.star_kwarg is None
            and not given.kwonly_params
            and given.star_arg is cst.MaybeSentinel.DEFAULT
        ):
            return node.with_changes(params=given.with_changes(params=[*given.params, parameter]))
        return node.with_changes(params=given.with_changes(kwonly_params=[*given.kwonly_params, parameter]))

    return edit


def _passing(argument: str, name: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.Call)
        bare = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        return node.with_changes(
            args=[*node.args, cst.Arg(cst.Name(name), keyword=cst.Name(argument), equal=bare)]
        )

    return edit
