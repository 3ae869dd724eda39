"""Where state is kept between calls: take one candidate's sharing away in a copy, and see whether the calls agree.

Candidates: defaults of parameters that are made once (a container, an object), module-level objects that functions use, what a
function writes with ``global``, and what a class makes once for all its instances.
The copy makes each anew where it is used; it may trade differently, it only answers whether the sharing is the cause.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tools.analysis.study import Study

Place = tuple[str, int]
MOST = 12


def shared_place(study: Study, holds: Callable[[str], bool]) -> Place | None:
    """File and line of the first candidate without whose sharing a bundle ``holds``."""
    tried = [(place, {place[0]: text}) for place, text in _candidates(study)][:MOST]
    for place, changes in [*tried, *list(reset_at_entry(study))[:MOST]]:
        if holds(study.store.derive(study.bundle, changes)):
            return place
    return None


def _candidates(study: Study) -> Iterator[tuple[Place, str]]:
    for file in study.own_files():
        for name, line in _objects(file.tree):
            yield (file.path, line), _anew(ast.parse(file.text), name)
        for function, index, line in _defaults(file.tree):
            yield (file.path, line), _late(ast.parse(file.text), function, index)
        for owner, name, line in _attributes(file.tree):
            yield (file.path, line), _own(ast.parse(file.text), owner, name)
        for around, name, line in _globals(file.tree):
            yield (file.path, line), _forgetful(ast.parse(file.text), around, name)


def _made(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Dict | ast.List | ast.Set | ast.Call | ast.ListComp | ast.DictComp)


def reset_at_entry(study: Study) -> Iterator[tuple[Place, dict[str, str]]]:
    """For each module-level object, the strategy's file with a strategy that makes the object anew whenever it is called: what a
    memory that is filled and read in one call needs."""
    file = study.tree.files.get(study.target_place[0])
    if file is None:
        return
    for other in study.own_files():
        for name, line in _objects(other.tree):
            tree = _resetting(ast.parse(file.text), study.target_place[1], other.module, name)
            if tree is not None:
                yield (other.path, line), {file.path: ast.unparse(ast.fix_missing_locations(tree))}


_RESET = """
for _mendel_module in [m for n, m in __import__("sys").modules.items() if n == {module!r} or n.endswith({suffix!r})]:
    _mendel_object = getattr(_mendel_module, {name!r}, None)
    if hasattr(_mendel_object, "clear"):
        _mendel_first = _mendel_module.__dict__.setdefault("_mendel_first_" + {name!r}, _mendel_object.copy())
        _mendel_object.clear()
        (getattr(_mendel_object, "update", None) or _mendel_object.extend)(_mendel_first)
"""


def _resetting(tree: ast.Module, line: int, module: str, name: str) -> ast.Module | None:
    """The module whose function (or each of whose class's makers) at ``line`` begins with the object as it was at first."""
    reset = ast.parse(_RESET.format(module=module, suffix="." + module, name=name)).body
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno == line:
            parts = [node] if isinstance(node, ast.FunctionDef) else node.body
            makers = [p for p in parts if isinstance(p, ast.FunctionDef) and p.name in (node.name, *MAKERS)]
            for maker in makers:
                maker.body[:0] = reset
            return tree if makers else None
    return None


#: Methods that a strategy's run begins with.
MAKERS = ("__init__", "populate_indicators", "init", "__call__", "generate", "signals", "on_start")


def _objects(tree: ast.Module) -> Iterator[tuple[str, int]]:
    used = {
        n.id
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef)
        for n in ast.walk(f)
        if isinstance(n, ast.Name)
    }
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id in used and _made(value):
            yield target.id, node.lineno


def _defaults(tree: ast.Module) -> Iterator[tuple[int, int, int]]:
    """(the function's line, index of the default, the default's line)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for index, default in enumerate(node.args.defaults):
                if _made(default):
                    yield node.lineno, index, default.lineno


class _Anew(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.value if node.id == self.name and isinstance(node.ctx, ast.Load) else node


def _anew(tree: ast.Module, name: str) -> str:
    """Every use of a module-level object in a function makes it anew."""
    value = next(
        v
        for n in tree.body
        if (v := getattr(n, "value", None)) is not None
        and getattr(n.targets[0] if isinstance(n, ast.Assign) else getattr(n, "target", None), "id", "")
        == name
    )
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            _Anew(name, value).visit(node)
    return ast.unparse(ast.fix_missing_locations(tree))


def _late(tree: ast.Module, line: int, index: int) -> str:
    """A default that is made at the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.lineno == line:
            names = [*node.args.posonlyargs, *node.args.args]
            name = names[len(names) - len(node.args.defaults) + index].arg
            made = ast.unparse(node.args.defaults[index])
            node.args.defaults[index] = ast.Constant(None)
            node.body.insert(0, ast.parse(f"{name} = {made} if {name} is None else {name}").body[0])
    return ast.unparse(ast.fix_missing_locations(tree))


def _attributes(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """(class, attribute, line) of what a class body makes, plain values that its methods count up among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            written = {
                n.attr
                for n in ast.walk(node)
                if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
            }
            for part in node.body:
                target = part.targets[0] if isinstance(part, ast.Assign) else getattr(part, "target", None)
                value = getattr(part, "value", None)
                if isinstance(target, ast.Name) and (
                    _made(value) or (value is not None and target.id in written)
                ):
                    yield node.name, target.id, part.lineno


def _own(tree: ast.Module, owner: str, name: str) -> str:
    """Every instance makes the attribute for itself, and at each of its public methods' calls that decide."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == owner:
            made = next(
                ast.unparse(v)
                for p in node.body
                if (v := getattr(p, "value", None)) is not None
                and getattr(
                    p.targets[0] if isinstance(p, ast.Assign) else getattr(p, "target", None), "id", ""
                )
                == name
            )
            fresh = f"if {name!r} not in self.__dict__:\n    self.{name} = {made}"
            for method in node.body:
                if (
                    isinstance(method, ast.FunctionDef)
                    and method.args.args[:1]
                    and method.args.args[0].arg == "self"
                ):
                    method.body.insert(0, ast.parse(fresh).body[0])
            _Through(owner, name).visit(node)
    return ast.unparse(ast.fix_missing_locations(tree))


class _Through(ast.NodeTransformer):
    """``Owner.name`` and ``cls.name`` become the instance's, where there is one."""

    def __init__(self, owner: str, name: str) -> None:
        self.owner, self.name = owner, name

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.generic_visit(node) if node.args.args and node.args.args[0].arg == "self" else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == self.name and ast.unparse(node.value) in (self.owner, "type(self)", "self.__class__"):
            node.value = ast.Name("self", ast.Load())
        return node


def _globals(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """(function, name, line of the statement) of what functions declare global."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for part in ast.walk(node):
                if isinstance(part, ast.Global):
                    yield from ((node.name, name, part.lineno) for name in part.names)


def _forgetful(tree: ast.Module, function: str, name: str) -> str:
    """The function begins with the value that the module gives the name."""
    value = next(
        (
            ast.unparse(v)
            for p in tree.body
            if (v := getattr(p, "value", None)) is not None
            and getattr(p.targets[0] if isinstance(p, ast.Assign) else getattr(p, "target", None), "id", "")
            == name
        ),
        "None",
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            at = next(
                k for k, s in enumerate(node.body) if any(isinstance(n, ast.Global) for n in ast.walk(s))
            )
            node.body.insert(at + 1, ast.parse(f"{name} = {value}").body[0])
    return ast.unparse(ast.fix_missing_locations(tree))
