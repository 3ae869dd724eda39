"""A setting that nobody reads: turning the knob changes nothing.

Silent as soon as something may read fields by a name that is not in the source (``getattr`` with a variable,
``asdict``, ``vars``, ``__dict__``) on an object that can be the settings. Only numbers and switches count: a
name or a note may well be there for the reader.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tools.analysis.architecture.program import Class, Field
from tools.analysis.architecture.settings import WHOLE_READERS
from tools.analysis.detectors.base import Code, Suspect, span
from tools.analysis.detectors.handed_over import lost_arguments
from tools.analysis.detectors.uncalled import inside_uncalled
from tools.analysis.source import SourceFile
from tools.contracts import Severity


def detect(code: Code) -> Iterable[Suspect]:
    """Numeric settings without a reader outside tests and outside the class's own checks."""
    owners = [c for s in code.program.scopes.values() for c in s.classes.values() if c.settings]
    owners = [owner for owner in owners if owner.file.path in code.arch.relevant and not owner.file.is_test]
    if not owners:
        return
    reads = _reads(code)
    dynamic = set(_dynamic_owners(code))
    for owner in owners:
        if "" in dynamic or owner.name in dynamic or _inherited(code, owner):
            continue
        for item in owner.fields.values():
            if _is_knob(item) and not _read(reads[item.name], owner, item):
                yield _suspect(owner, item)


def _reads(code: Code) -> dict[str, list[tuple[SourceFile, ast.AST]]]:
    """Attribute loads, string keys and keyword patterns by name, tests apart, and what no function looks at."""
    found: dict[str, list[tuple[SourceFile, ast.AST]]] = defaultdict(list)
    trees = [file.tree for file in code.tree.product()]
    lost = lost_arguments(trees) | inside_uncalled(trees, code.arch.target)
    for file in code.tree.product():
        for node in ast.walk(file.tree):
            if id(node) in lost:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found[node.attr].append((file, node))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found[node.value].append((file, node))
            elif isinstance(node, ast.MatchClass):
                for name in node.kwd_attrs:
                    found[name].append((file, node))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found[node.id].append((file, node))
    return found


def _read(reads: list[tuple[SourceFile, ast.AST]], owner: Class, item: Field) -> bool:
    """Whether some read counts. A bare name counts only inside the class's own file (class bodies, NamedTuples)."""
    checks = [
        span(m.node) for name, m in owner.methods.items() if name.startswith(("__post", "_valid", "valid"))
    ]
    for file, node in reads:
        line = span(node)[0]
        own = file is owner.file
        if isinstance(node, ast.Name):
            if own and owner.node.lineno <= line <= (owner.node.end_lineno or line):
                return True
            continue
        if own and any(start <= line <= end for start, _, end, _ in checks):
            continue
        return True
    return False


def _dynamic_owners(code: Code) -> Iterator[str]:
    """Classes whose fields are read by computed names; "" = could be any."""
    for file in code.tree.product():
        for node in ast.walk(file.tree):
            subject = _dynamic_subject(node)
            if subject is not None:
                owners = {value.owner for value in code.flow.values.get(subject, [])} or {""}
                yield from owners


def _dynamic_subject(node: ast.AST) -> ast.expr | None:
    """The object whose fields this node reads wholesale or by a variable name."""
    if isinstance(node, ast.Attribute) and node.attr in ("__dict__", "__dataclass_fields__", "model_fields"):
        return node.value
    if not isinstance(node, ast.Call):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "getattr" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
        return node.args[0]
    if name in ("asdict", "astuple", "fields", "vars") and node.args:
        return node.args[0]
    method = isinstance(node.func, ast.Attribute) and name in WHOLE_READERS - {
        "replace",
        "fields",
        "dict",
        "vars",
    }
    return node.func.value if method and isinstance(node.func, ast.Attribute) else None


def _inherited(code: Code, owner: Class) -> bool:
    """Whether the class extends one that is not the program's: a framework may read its fields."""
    plain = ("BaseModel", "NamedTuple", "object", "Protocol", "BaseSettings", "TypedDict")
    names = [ast.unparse(base).rpartition(".")[2] for base in owner.node.bases]
    return any(name not in plain and name not in code.program.class_by_name for name in names)


def _is_knob(item: Field) -> bool:
    if item.name.startswith("_") or item.name == "model_config":
        return False
    default = item.default
    if isinstance(default, ast.UnaryOp):
        default = default.operand
    if isinstance(default, ast.Constant):
        return isinstance(default.value, int | float)
    return isinstance(default, ast.BinOp | ast.Call)


def _value(default: ast.expr | None) -> float | int | bool | None:
    """The default as a number or a switch, where it is written as one."""
    try:
        value = ast.literal_eval(default) if default is not None else None
    except (ValueError, TypeError):
        return None
    return value if isinstance(value, int | float) else None


def _suspect(owner: Class, item: Field) -> Suspect:
    assigned = (n for n in owner.node.body if isinstance(n, ast.Assign | ast.AnnAssign))
    node = next(n for n in assigned if n.lineno == item.line)
    shown = ast.unparse(item.default) if item.default is not None else ""
    text = f"The setting {owner.name}.{item.name} (default {shown}) is read by nobody: changing it changes nothing."
    details = {
        "name": item.name,
        "class": owner.name,
        "default": _value(item.default),
        "default_source": shown,
    }
    return Suspect(owner.file, node, owner.name, "unwired_setting", Severity.MEDIUM, text, details, item.name)
