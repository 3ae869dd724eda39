"""Replace the fixed number of one condition by a level of the market's own past."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import libcst as cst

from tools.evolution.codemods.base import RepairError
from tools.evolution.codemods.scale_free.file_edit import Edit, FileEdit, walk
from tools.evolution.codemods.scale_free.plan import Threshold

MAX_DEPTH = 3
SHORT_LINE = 100
Opener = Callable[[str], FileEdit]


@dataclass(frozen=True)
class Numbers:
    """How the repaired code writes its window and its share: literals, or settings of the system."""

    bars: str
    pass_share: str

    def arguments(self, threshold: Threshold) -> str:
        """``bars, share[, unknown]`` of the helper."""
        share = self.pass_share
        if threshold.above:  # plain numbers are worked out here, so that the code reads 0.07 and not 1 - 0.93
            plain = re.fullmatch(r"[\d.]+", share)
            share = repr(round(1 - float(share), 6)) if plain else f"1 - {share}"
        unknown = f', float("{threshold.unknown}")' if threshold.unknown else ""
        return f"{self.bars}, {share}{unknown}"


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


def _level_edit(threshold: Threshold, level: Callable[[str], str]) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        left, right = sides(node)
        measured = right if threshold.constant_side == "left" else left
        if any(isinstance(n, (cst.NamedExpr, cst.Await, cst.Yield)) for n in walk(measured)):
            raise RepairError(f"`{threshold.text}` assigns while it compares")
        return _with_side(node, threshold.constant_side, cst.parse_expression(level(_code(measured))))

    return edit


def repair(opener: Opener, files: Mapping[str, str], threshold: Threshold, numbers: Numbers) -> bool:
    """Plan the edits of one condition. Returns whether the old number is still the fallback of somebody."""
    edit = opener(threshold.file)
    node = edit.node_at(threshold.node, threshold.text)
    arguments = numbers.arguments(threshold)
    if threshold.vector:
        edit.needs.add("vector")
        _vector(edit, node, threshold, arguments)
        return False
    statement = edit.repeated_statement(node)
    if statement is not None:
        name = _remember(edit, statement, arguments)
        _scalar(edit, node, threshold, name)
        return False
    function = edit.function_of(node)
    if function is None:
        raise RepairError(f"{threshold.file}: `{threshold.text}` stands outside any function")
    fixed = constant_text(node, threshold.constant_side)
    edit.edits[node] = _level_edit(threshold, lambda x: f"({fixed} if usual is None else usual.level({x}))")
    _thread(opener, files, edit, function, arguments, MAX_DEPTH)
    return True


def _vector(edit: FileEdit, node: cst.CSTNode, threshold: Threshold, arguments: str) -> None:
    """In place where the line stays short, else by a name of its own in the line before."""
    left, right = sides(node)
    measured = _code(right if threshold.constant_side == "left" else left)
    call = f"trailing_quantile({measured}, {arguments})"
    line = edit.plain_statement(node)
    if line is None or len(_code(line).strip("\n")) + len(call) <= SHORT_LINE:
        edit.edits[node] = _level_edit(threshold, lambda x: f"trailing_quantile({x}, {arguments})")
        return
    name = edit.named_before(line, call, "usual")
    edit.edits[node] = _level_edit(threshold, lambda x: name)


def _scalar(edit: FileEdit, node: cst.CSTNode, threshold: Threshold, memory: str) -> None:
    """Ask the memory in place or, where the condition is only reached when others hold, in the line before: every bar
    then counts. It stays in place where what it measures depends on those others (``i > 5 and x[i - 5] > floor``)."""
    left, right = sides(node)
    measured = right if threshold.constant_side == "left" else left
    line = edit.guarded_statement(node, _names(measured))
    if line is None:
        edit.edits[node] = _level_edit(threshold, lambda x: f"{memory}.level({x})")
        return
    name = edit.named_before(line, f"{memory}.level({_code(measured)})", "level")
    edit.edits[node] = _level_edit(threshold, lambda x: name)


def _names(node: cst.CSTNode) -> set[str]:
    return {n.value for n in walk(node) if isinstance(n, cst.Name)}


def _remember(edit: FileEdit, statement: cst.BaseStatement, arguments: str) -> str:
    name = edit.free_name("usual")
    edit.needs.add("scalar")
    edit.before.setdefault(statement, []).append(f"{name} = TrailingQuantile({arguments})")
    return name


def _thread(
    opener: Opener,
    files: Mapping[str, str],
    edit: FileEdit,
    function: cst.FunctionDef,
    arguments: str,
    depth: int,
) -> None:
    """Give a per-bar function the memory that its callers keep, and make them keep it."""
    if depth == 0:
        raise RepairError(f"{function.name.value}() is called too many levels below its loop")
    edit.edits[function] = _with_memory
    called = [(e, c) for e in (opener(f) for f in files) for c in _calls(e, function.name.value)]
    if not called:
        raise RepairError(f"no call of {function.name.value}() was found, so nobody can keep its past")
    for there, call in called:
        statement = there.repeated_statement(call)
        if statement is not None:
            name = _remember(there, statement, arguments)
        else:
            caller = there.function_of(call)
            if caller is None:
                raise RepairError(f"{function.name.value}() is called once, outside any loop")
            name = "usual"
            _thread(opener, files, there, caller, arguments, depth - 1)
        there.edits[call] = _passing(name)


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


def _with_memory(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.FunctionDef)
    if any(p.name.value == "usual" for p in (*node.params.params, *node.params.kwonly_params)):
        return node
    parameter = cst.Param(
        cst.Name("usual"),
        default=cst.Name("None"),
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
    )
    if (
        node.params.star_kwarg is None
        and not node.params.kwonly_params
        and node.params.star_arg is cst.MaybeSentinel.DEFAULT
    ):
        return node.with_changes(params=node.params.with_changes(params=[*node.params.params, parameter]))
    return node.with_changes(
        params=node.params.with_changes(kwonly_params=[*node.params.kwonly_params, parameter])
    )


def _passing(name: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.Call)
        bare = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        return node.with_changes(
            args=[*node.args, cst.Arg(cst.Name(name), keyword=cst.Name("usual"), equal=bare)]
        )

    return edit
