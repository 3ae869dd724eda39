"""The program's names: functions, classes, settings, module constants, and what an import means."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tools.analysis.source import SourceFile, SourceTree

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
SETTINGS_SUFFIXES = ("config", "params", "settings", "parameters", "cfg", "options", "thresholds")


@dataclass(frozen=True, eq=False)
class Function:
    """A function or method. ``owner`` is the name of its class, or empty."""

    file: SourceFile
    node: FunctionNode
    name: str
    owner: str = ""

    @property
    def key(self) -> str:
        """Path and qualified name."""
        return f"{self.file.path}::{self.name}"

    @property
    def parameters(self) -> list[ast.arg]:
        """Positional and keyword parameters in order."""
        arguments = self.node.args
        return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]

    def defaults(self) -> dict[str, ast.expr]:
        """Default expression by parameter."""
        arguments = self.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        tail = positional[len(positional) - len(arguments.defaults) :]
        pairs = {arg.arg: default for arg, default in zip(tail, arguments.defaults, strict=True)}
        keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return pairs | {arg.arg: default for arg, default in keyword if default is not None}


@dataclass(frozen=True)
class Field:
    """An attribute that a class declares."""

    name: str
    line: int
    default: ast.expr | None


@dataclass(frozen=True, eq=False)
class Class:
    """A class. ``settings`` tells whether it holds configuration."""

    file: SourceFile
    node: ast.ClassDef
    name: str
    fields: Mapping[str, Field]
    methods: Mapping[str, Function]
    settings: bool


@dataclass(frozen=True)
class Import:
    """What a local name stands for: a module, or a name inside one."""

    module: str
    name: str = ""
    line: int = 0


@dataclass(eq=False)
class Scope:
    """The top-level names of one file."""

    file: SourceFile
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)


Target = Function | Class | tuple[SourceFile, ast.expr] | str | None


class Program:
    """All scopes, and resolution between them. ``params`` ("module:Name") is settings whatever its name."""

    def __init__(self, tree: SourceTree, params: str | None = None) -> None:
        self.tree = tree
        name = params.partition(":")[2] if params else ""
        self.scopes = {file.path: _scope(file, name) for file in tree}
        self.by_name: dict[str, list[Function]] = defaultdict(list)
        self.class_by_name: dict[str, list[Class]] = defaultdict(list)
        self.settings_fields: dict[str, list[tuple[Class, Field]]] = defaultdict(list)
        for scope in self.scopes.values():
            for function in scope.functions.values():
                self.by_name[function.node.name].append(function)
            for owner in scope.classes.values():
                self.class_by_name[owner.name].append(owner)
                if owner.settings and not owner.file.is_test:
                    for item in owner.fields.values():
                        self.settings_fields[item.name].append((owner, item))

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones included, tests too."""
        for scope in self.scopes.values():
            yield from scope.functions.values()

    def resolve(self, file: SourceFile, name: str, hops: int = 4) -> Target:
        """What a top-level ``name`` of ``file`` is. External names come back dotted ("numpy.where")."""
        scope = self.scopes[file.path]
        if name in scope.functions:
            return scope.functions[name]
        if name in scope.classes:
            return scope.classes[name]
        if name in scope.constants:
            return file, scope.constants[name]
        imported = scope.imports.get(name)
        if imported is None:
            return None
        return self._imported(imported, hops)

    def _imported(self, imported: Import, hops: int) -> Target:
        if not imported.name:
            return imported.module
        source = self.tree.by_module(imported.module)
        if source is not None and hops:
            found = self.resolve(source, imported.name, hops - 1)
            if found is not None:
                return found
        return f"{imported.module}.{imported.name}"

    def dotted(self, file: SourceFile, node: ast.expr) -> Target:
        """What a name or an attribute chain stands for: ``np.where`` -> "numpy.where", ``mod.f`` -> f."""
        if isinstance(node, ast.Name):
            return self.resolve(file, node.id)
        if not isinstance(node, ast.Attribute):
            return None
        base = self.dotted(file, node.value)
        if not isinstance(base, str):
            return None
        source = self.tree.by_module(base)
        found = self.resolve(source, node.attr) if source is not None else None
        return found if found is not None else f"{base}.{node.attr}"

    def class_named(self, name: str) -> Class | None:
        """The only class of that name."""
        found = self.class_by_name.get(name, [])
        return found[0] if len(found) == 1 else None

    def method(self, owner: str, name: str, hops: int = 5) -> Function | None:
        """A method of a class or of its bases."""
        found = self.class_named(owner)
        if found is None or not hops:
            return None
        if name in found.methods:
            return found.methods[name]
        bases = (base.id for base in found.node.bases if isinstance(base, ast.Name))
        return next((m for base in bases if (m := self.method(base, name, hops - 1))), None)

    def field_of(self, owner: str, name: str) -> tuple[Class, Field] | None:
        """A declared attribute of a class."""
        found = self.class_named(owner)
        if found is None or name not in found.fields:
            return None
        return found, found.fields[name]


def _scope(file: SourceFile, params: str) -> Scope:
    scope = Scope(file)
    for name, imported in _imports(file):
        scope.imports[name] = imported
    _collect(scope, file.tree.body, "", params)
    seen: set[str] = set()
    for statement in file.tree.body:
        for name, value in _assigned(statement):
            if name in seen:
                scope.constants.pop(name, None)  # assigned twice: not a constant
            else:
                scope.constants[name] = value
            seen.add(name)
    return scope


def _collect(scope: Scope, body: list[ast.stmt], prefix: str, params: str) -> None:
    """Functions and classes of a body, into ``if``, ``try`` and function bodies as well."""
    for node in body:
        if isinstance(node, FunctionNode):
            scope.functions[prefix + node.name] = Function(scope.file, node, prefix + node.name)
            _collect(scope, node.body, f"{prefix}{node.name}.", params)
        elif isinstance(node, ast.ClassDef):
            scope.classes[node.name] = _class(scope, node, prefix, params)
        else:
            for inner in _bodies(node):
                _collect(scope, inner, prefix, params)


def _class(scope: Scope, node: ast.ClassDef, prefix: str, params: str) -> Class:
    methods: dict[str, Function] = {}
    for item in node.body:
        if isinstance(item, FunctionNode):
            name = f"{prefix}{node.name}.{item.name}"
            methods[item.name] = scope.functions[name] = Function(scope.file, item, name, node.name)
            _collect(scope, item.body, f"{name}.", params)
    return Class(scope.file, node, node.name, _fields(node), methods, _is_settings(node, params))


def _fields(node: ast.ClassDef) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for item in node.body:
        for name, value in _assigned(item):
            fields[name] = Field(name, item.lineno, value)
        if isinstance(item, ast.AnnAssign) and item.value is None and isinstance(item.target, ast.Name):
            fields[item.target.id] = Field(item.target.id, item.lineno, None)
    return fields


def _is_settings(node: ast.ClassDef, params: str) -> bool:
    if node.name == params or node.name.lower().endswith(SETTINGS_SUFFIXES):
        return True
    return any(isinstance(base, ast.Name) and base.id in ("BaseSettings",) for base in node.bases)


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Simple name assignments of one statement."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statement lists inside a compound statement."""
    for name in ("body", "orelse", "finalbody"):
        inner = getattr(node, name, None)
        if isinstance(inner, list):
            yield inner
    for handler in getattr(node, "handlers", []):
        yield handler.body


def _imports(file: SourceFile) -> Iterator[tuple[str, Import]]:
    """Local name -> what is imported, anywhere in the file (functions import lazily)."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or module, Import(module, line=node.lineno)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(file, node)
            for alias in node.names:
                yield alias.asname or alias.name, Import(module, alias.name, node.lineno)


def absolute(file: SourceFile, node: ast.ImportFrom) -> str:
    """The absolute module of a ``from`` import."""
    if not node.level:
        return node.module or ""
    parts = file.module.split(".")
    keep = len(parts) - node.level + (1 if file.is_package else 0)
    base = parts[: max(keep, 0)]
    return ".".join([*base, node.module] if node.module else base)
