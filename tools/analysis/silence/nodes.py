"""Which expressions decide something, and what the rewritten source calls instead of them."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

COMPARISONS: dict[type[cst.BaseCompOp], str] = {
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
METHODS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
FUNCTIONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<="}
NUMPY_NAMES = {"np", "numpy"}
#: Calls whose answer is true or false for each bar.
VECTOR_METHODS = frozenset({"between", "isin", "notna", "notnull", "isna", "isnull", "any", "all", "eval"})
VECTOR_FUNCTIONS = {
    "logical_and": "and",
    "logical_or": "or",
    "logical_not": "",
    "logical_xor": "",
    "isfinite": "",
    "isnan": "",
    "isin": "",
    "isclose": "",
}
#: What an ``if`` can look at without comparing.
PLAIN = (cst.Name, cst.Subscript, cst.Attribute, cst.Call)


def code(node: cst.CSTNode) -> str:
    """The text of a node, on one line."""
    return " ".join(cst.Module([]).code_for_node(node).split())


def comparing(node: cst.Call) -> tuple[str, str] | None:
    """("method", ">") for ``x.gt(y)``, ("function", ">") for ``np.greater(x, y)``."""
    if not isinstance(node.func, cst.Attribute) or any(a.keyword or a.star for a in node.args):
        return None
    name, owner = node.func.attr.value, node.func.value
    if isinstance(owner, cst.Name) and owner.value in NUMPY_NAMES:
        return ("function", FUNCTIONS[name]) if name in FUNCTIONS and len(node.args) == 2 else None
    return ("method", METHODS[name]) if name in METHODS and len(node.args) == 1 else None


def judging(node: cst.Call) -> str | None:
    """`and`, `or` for numpy's combinations, "" for ``x.between(a, b)`` and its kin; None for another call."""
    if not isinstance(node.func, cst.Attribute):
        return None
    name, owner = node.func.attr.value, node.func.value
    if isinstance(owner, cst.Name) and owner.value in NUMPY_NAMES:
        return VECTOR_FUNCTIONS.get(name)
    return "" if name in VECTOR_METHODS else None


def queried(node: cst.Call) -> str | None:
    """The text of ``frame.query("...")`` where it can be evaluated elsewhere: it names no local variable."""
    if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "query" or len(node.args) != 1:
        return None
    text = node.args[0]
    if text.keyword or text.star or not isinstance(text.value, cst.SimpleString):
        return None
    value = text.value.evaluated_value
    return value if isinstance(value, str) and "@" not in value else None


def tested(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The parts of what an ``if`` looks at that are neither comparisons nor combinations."""
    if isinstance(test, cst.BooleanOperation):
        yield from tested(test.left)
        yield from tested(test.right)
    elif isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        yield from tested(test.expression)
    elif isinstance(test, PLAIN) and not _known(test):
        yield test


def _known(node: cst.BaseExpression) -> bool:
    if not isinstance(node, cst.Call):
        return False
    return any(found is not None for found in (comparing(node), judging(node), queried(node)))


def unseen(node: cst.Call) -> str | None:
    """Why the conditions inside a call cannot be traced; None where there are none."""
    if (
        not isinstance(node.func, cst.Attribute)
        or node.func.attr.value != "query"
        or queried(node) is not None
    ):
        return None
    return "a query that is put together while the strategy runs, or names a local variable"


def traced_call(name: str, slot: int, *values: cst.BaseExpression) -> cst.Call:
    """The call that takes an expression's place."""
    arguments = [cst.Arg(cst.Integer(str(slot))), *[cst.Arg(value) for value in values]]
    return cst.Call(cst.Name(f"_mendel_{name}"), arguments)


def stepped(values: cst.BaseExpression) -> cst.Call:
    """What a loop goes over, followed step by step."""
    return cst.Call(cst.Name("_mendel_steps"), [cst.Arg(values)])
