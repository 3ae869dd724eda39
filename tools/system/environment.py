"""Environment variables that a system's source reads, found in its syntax trees: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.system.modules import last_name

#: A file that reads a variable holds one of these words.
_WORDS = ("environ", "getenv", "decouple", "Settings")
_SETTINGS_BASES = frozenset(["BaseSettings"])
_ENVIRONS_TYPES = frozenset(
    ["str", "int", "float", "bool", "list", "dict", "json", "decimal", "path", "url", "date", "datetime"]
)


@dataclass(frozen=True)
class Variable:
    """One reading of an environment variable. ``default`` is its default as written, None where it has none;
    ``needed``: without a value the reading fails."""

    name: str
    file: str
    line: int
    default: str | None
    needed: bool


def find_variables(trees: Mapping[str, ast.Module], texts: Mapping[str, str]) -> list[Variable]:
    """``texts`` are the sources of ``trees``. Every variable once, at its first reading that needs a value, else at its first; sorted by name."""
    first: dict[str, Variable] = {}
    for file, tree in trees.items():
        if not any(word in texts[file] for word in _WORDS):
            continue
        for found in _in_file(file, tree):
            known = first.get(found.name)
            if known is None or (found.needed and not known.needed):
                first[found.name] = found
    return [first[name] for name in sorted(first)]


def _in_file(file: str, tree: ast.Module) -> Iterator[Variable]:
    names = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            name = _text(node.slice)
            if name and _is_environ(node.value, names):
                yield Variable(name, file, node.lineno, None, True)
        elif isinstance(node, ast.Call):
            found = _call(node, names)
            if found is not None:
                yield Variable(found[0], file, node.lineno, found[1], found[2])
        elif isinstance(node, ast.ClassDef) and any(
            last_name(base) in _SETTINGS_BASES for base in node.bases
        ):
            yield from _settings(file, node)


def _imported(tree: ast.Module) -> dict[str, str]:
    """Name in the file -> what it was imported as: ``os.getenv``, ``decouple.config``."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    for node in ast.walk(tree):  # env = Env(), config = Config(...)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = _dotted(node.value.func, found)
            if maker in ("environs.Env", "decouple.Config", "decouple.AutoConfig", "starlette.config.Config"):
                used = "environs.env" if maker == "environs.Env" else "decouple.config"
                found.update({t.id: used for t in node.targets if isinstance(t, ast.Name)})
    return found


def _dotted(node: ast.expr, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_environ(node: ast.expr, names: Mapping[str, str]) -> bool:
    return _dotted(node, names) in ("os.environ", "os.environb")


def _call(node: ast.Call, names: Mapping[str, str]) -> tuple[str, str | None, bool] | None:
    """(name, default, whether it is needed) where a call reads a variable."""
    called = _dotted(node.func, names)
    name = _text(node.args[0]) if node.args else None
    if name is None:
        return None
    if called in ("os.getenv", "os.environ.get", "os.environ.setdefault"):
        default = node.args[1] if len(node.args) > 1 else _keyword(node, "default")
        return name, _written(default), False
    if called == "os.environ.pop":
        return name, _written(node.args[1] if len(node.args) > 1 else None), len(node.args) < 2
    typed = called.startswith("environs.env.") and called.rpartition(".")[2] in _ENVIRONS_TYPES
    if called in ("decouple.config", "environs.env") or typed:
        default = node.args[1] if len(node.args) > 1 else _keyword(node, "default")
        return name, _written(default), default is None
    return None


def _settings(file: str, node: ast.ClassDef) -> Iterator[Variable]:
    """The fields of a pydantic settings class: each is a variable of its name with the class's prefix."""
    prefix = _prefix(node)
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        field = statement.target.id
        if field == "model_config" or field.startswith("_"):
            continue
        default, alias = _field(statement.value)
        name = alias or (prefix + field).upper()
        yield Variable(name, file, statement.lineno, _written(default), default is None)


def _field(value: ast.expr | None) -> tuple[ast.expr | None, str | None]:
    """(default, alias) of ``= value`` or ``= Field(default, alias=...)``."""
    if not isinstance(value, ast.Call) or last_name(value.func) != "Field":
        return value, None
    default = (
        value.args[0] if value.args else _keyword(value, "default") or _keyword(value, "default_factory")
    )
    if isinstance(default, ast.Constant) and default.value is Ellipsis:
        default = None
    alias = _keyword(value, "validation_alias") or _keyword(value, "alias") or _keyword(value, "env")
    return default, _text(alias) if alias is not None else None


def _prefix(node: ast.ClassDef) -> str:
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix":
            return _text(inner.value) or ""
        if isinstance(inner, ast.Assign) and any(
            last_name(target) == "env_prefix" for target in inner.targets
        ):
            return _text(inner.value) or ""
    return ""


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _written(node: ast.expr | None) -> str | None:
    """The source of a default, shortened."""
    if node is None:
        return None
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."
