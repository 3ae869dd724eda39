"""Finds what makes a strategy's second argument: the class that its annotation or default names, or a likely value."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from tools.system.modules import Module, last_name

_PARAMS_ENDINGS = ("params", "parameters", "config", "settings")
_MADE_ENDINGS = (*_PARAMS_ENDINGS, "options", "opts", "cfg")


def params_of(
    module: Module, function: ast.FunctionDef, modules: Mapping[str, Module]
) -> tuple[str | None, str]:
    """What makes the second argument, and what is in doubt about that."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if len(arguments) < 2:
        return None, ""
    required = len(arguments) - len(function.args.defaults)
    default = function.args.defaults[1 - required] if required < 2 else None
    for hint in (_class_in(arguments[1].annotation), _called(default)):
        found = _locate(hint, module, modules)
        if found is not None:
            return found, ""
    if default is not None:
        return None, ""
    likely = _likely_params(modules) or _fitting(function, arguments[1].arg, modules)
    if len(likely) == 1:
        return likely[0], ""
    some = f"; could be {', '.join(likely[:5])}" if likely else ""
    return None, f"what makes its argument {arguments[1].arg!r} is not clear{some}"


def _class_in(annotation: ast.expr | None) -> ast.expr | None:
    """The class in ``C``, ``"C"``, ``C | None`` or ``Optional[C]``."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        name = annotation.value.strip()
        return ast.Name(name) if name.isidentifier() else None
    if isinstance(annotation, ast.BinOp):
        return _class_in(annotation.left)
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        return _class_in(annotation.slice)
    return annotation


def _called(default: ast.expr | None) -> ast.expr | None:
    """``C`` in a default ``C()``."""
    return default.func if isinstance(default, ast.Call) else None


def _locate(hint: ast.expr | None, module: Module, modules: Mapping[str, Module]) -> str | None:
    """``module:Name`` of a class of the system that an expression in ``module`` names."""
    if isinstance(hint, ast.Name):
        owner, name = _imports(module).get(hint.id, (module.name, hint.id))
    elif isinstance(hint, ast.Attribute) and isinstance(hint.value, ast.Name):
        owner, inner = _imports(module).get(hint.value.id, (hint.value.id, ""))
        owner, name = f"{owner}.{inner}".strip("."), hint.attr
    else:
        return None
    return f"{owner}:{name}" if owner in modules and name in _classes(modules[owner].tree) else None


def _imports(module: Module) -> dict[str, tuple[str, str]]:
    """Name in the module -> (module it comes from, name there; empty for a module itself)."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            above = (
                module.package.split(".")[: len(module.package.split(".")) - node.level + 1]
                if node.level
                else []
            )
            source = ".".join([*above, *([node.module] if node.module else [])])
            found.update({alias.asname or alias.name: (source, alias.name) for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({alias.asname or alias.name: (alias.name, "") for alias in node.names})
    return found


def _likely_params(modules: Mapping[str, Module]) -> list[str]:
    """Classes that are called like settings; where there are none, such values that are made at import."""
    classes = [
        f"{module.name}:{name}"
        for module in modules.values()
        for name in sorted(_classes(module.tree))
        if name.lower().endswith(_PARAMS_ENDINGS)
    ]
    return classes or [
        f"{module.name}:{name}"
        for module in modules.values()
        for name in sorted(_made(module.tree))
        if name.lower().endswith(_MADE_ENDINGS)
    ]


def _made(tree: ast.Module) -> set[str]:
    """Names that are given a dictionary, or what a call makes."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call | ast.Dict)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def _classes(tree: ast.Module) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def _fitting(function: ast.FunctionDef, argument: str, modules: Mapping[str, Module]) -> list[str]:
    """What has every attribute that the function reads of its argument: values that are made of such a class at import,
    else the classes."""
    read = {
        node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == argument
    }
    fitting = [
        (module, node)
        for module in modules.values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and read and read <= _fields(node)
    ]
    values = [
        f"{module.name}:{target.id}"
        for module, node in fitting
        for made in module.tree.body
        if isinstance(made, ast.Assign)
        and isinstance(made.value, ast.Call)
        and last_name(made.value.func) == node.name
        for target in made.targets
        if isinstance(target, ast.Name)
    ]
    return values or [f"{module.name}:{node.name}" for module, node in fitting]


def _fields(node: ast.ClassDef) -> set[str]:
    """Names that a class, or its methods on ``self``, give a value or a type."""
    found: set[str] = set()
    for inner in ast.walk(node):
        targets = inner.targets if isinstance(inner, ast.Assign) else []
        if isinstance(inner, ast.AnnAssign):
            targets = [inner.target]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
        found |= {t.attr for t in targets if isinstance(t, ast.Attribute) and last_name(t.value) == "self"}
    return found
