"""Every number that the system's files write down, wherever: in code, inside texts that are conditions (``.query("volume >
5e4")``), in classes and tables, in JSON, TOML and YAML beside the code; and the files with one of them changed.

Only what the strategy depends on and a person may edit. A data file counts where its name stands in the source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sandbox.host.contracts import Setting
from tools.analysis.architecture.data_settings import DIGITS, data_texts, numbers_in
from tools.analysis.source import SourceFile
from tools.analysis.study import Study

_COMPARED = re.compile(rf"(?:[<>=!]=?|\bthan\b)\s*-?\s*(?P<number>{DIGITS})")


@dataclass(frozen=True)
class Number:
    """One number. ``start`` and ``end`` are offsets in the file's characters; ``name`` is the key, field or constant that it is
    the value of, "" where it has none; ``table`` the name of what holds it; ``keys`` the way to it through tables."""

    file: str
    line: int
    start: int
    end: int
    value: float
    name: str = ""
    table: str = ""
    keys: tuple[str, ...] = ()
    kind: str = "literal"

    @property
    def shown(self) -> str:
        """How a person calls it."""
        return f"{self.table}[{self.name!r}]" if self.table and self.kind == "table" else self.name


def all_numbers(study: Study) -> list[Number]:
    """In order of file and place."""
    found: list[Number] = []
    for file in study.own_files():
        found += _in_code(file)
    for path, text in data_files(study).items():
        found += _in_data(path, text)
    return found


def settings_numbers(study: Study) -> list[Number]:
    """Those with a name that a person may turn: constants of modules and classes, entries of tables, of data files."""
    return [n for n in all_numbers(study) if n.name and n.kind != "literal"]


def with_number(study: Study, number: Number, value: Setting) -> dict[str, str]:
    """The file with another number in its place."""
    return with_numbers(study, {number: value})


def with_numbers(study: Study, values: Mapping[Number, Setting]) -> dict[str, str]:
    """The files with other numbers in their places."""
    texts: dict[str, str] = {}
    for number, value in sorted(values.items(), key=lambda item: -item[0].start):
        text = texts.get(number.file) or study.store.read(study.bundle, number.file).removeprefix("\ufeff")
        shown = repr(value) if number.file.endswith(".py") else str(value).lower()
        texts[number.file] = text[: number.start] + shown + text[number.end :]
    return texts


def times(number: Number, factor: float) -> float | int:
    """A number so many times as large, whole where it was whole."""
    value = number.value * factor
    return int(value) if isinstance(number.value, int) and value == int(value) else value


def data_files(study: Study) -> dict[str, str]:
    """Path -> text of the small data files that the source names."""
    return data_texts(study.other_files, study.tree)


def _in_data(path: str, text: str) -> Iterator[Number]:
    for line, start, end, name in numbers_in(path, text):
        value = float(text[start:end].replace("_", ""))
        yield Number(path, line, start, end, value, name, PurePosixPath(path).name, (name,), "data")


def _in_code(file: SourceFile) -> list[Number]:
    reader = _Reader(file)
    reader.visit(file.tree)
    return sorted(reader.found, key=lambda n: n.start)


class _Reader(ast.NodeVisitor):
    """Walks a module; ``owner`` is the class around, ``keys`` the way through tables, ``kind`` what it is the value of."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        lines = file.text.splitlines(keepends=True)
        self.starts = [0]
        for row in lines:
            self.starts.append(self.starts[-1] + len(row))
        self.lines = lines
        self.owner = ""
        self.inside = 0
        self.found: list[Number] = []

    def _offset(self, line: int, column: int) -> int:
        row = self.lines[line - 1].encode("utf-8")
        return self.starts[line - 1] + len(row[:column].decode("utf-8"))

    def _number(self, node: ast.expr, name: str, table: str, keys: tuple[str, ...], kind: str) -> None:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node = node.operand  # the sign stays in the text
        if not isinstance(node, ast.Constant) or not isinstance(node.value, int | float):
            return
        if isinstance(node.value, bool) and kind == "literal":
            return
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        self.found.append(
            Number(self.file.path, node.lineno, start, end, node.value, name, table, keys, kind)
        )

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Fields of a class are settings of it."""
        before, self.owner = self.owner, node.name
        for part in node.body:
            self._statement(part, top=True)
        self.owner = before

    def visit_Module(self, node: ast.Module) -> None:
        """Constants and tables of a module."""
        for part in node.body:
            self._statement(part, top=True)

    def _statement(self, node: ast.stmt, *, top: bool) -> None:
        target: ast.expr | None = None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target = node.target
        if top and isinstance(target, ast.Name):
            assert isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            self._value(node.value, target.id, self.owner, ())
        elif (
            top
            and isinstance(target, ast.Tuple)
            and isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Tuple)
        ):
            for inner, value in zip(target.elts, node.value.elts, strict=False):
                self._value(value, getattr(inner, "id", ""), self.owner, ())
        else:
            self.visit(node)

    def _value(self, node: ast.expr, name: str, table: str, keys: tuple[str, ...]) -> None:
        plain = node.operand if isinstance(node, ast.UnaryOp) else node
        if isinstance(plain, ast.Constant) and isinstance(plain.value, int | float):
            kind = "table" if keys else "field" if table else "constant"
            self._number(node, keys[-1] if keys else name, name if keys else table, (*keys,) or (name,), kind)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    self._value(value, name, table, (*keys, str(key.value)))
                else:
                    self.visit(value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("dict", "SimpleNamespace"):
            for keyword in node.keywords:
                self._value(keyword.value, name, table, (*keys, keyword.arg or ""))
        elif isinstance(node, ast.Call) and _called(node) in ("field", "Field"):
            self._default(node, name, table, keys)
            if node.args:
                self._value(node.args[0], name, table, keys)
        elif isinstance(node, ast.Call) and _called(node).endswith(
            "Parameter"
        ):  # one to be searched, as freqtrade has
            self._default(node, name, table, keys)
            for argument in node.args:
                self.visit(argument)
        else:
            self.visit(node)

    def _default(self, node: ast.Call, name: str, table: str, keys: tuple[str, ...]) -> None:
        for keyword in node.keywords:
            if keyword.arg == "default":
                self._value(keyword.value, name, table, keys)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A plain number, or one in a text that compares."""
        if isinstance(node.value, str):
            self._text(node)
        else:
            self._number(node, "", self.owner, (), "literal")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """An f-string: its written parts, and the expressions in it are left alone."""
        self._text(node)

    def _text(self, node: ast.Constant | ast.JoinedStr) -> None:
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        segment = self.file.text[start:end]
        if "\n" in segment and segment.startswith(('"""', "'''")):
            return
        for match in _COMPARED.finditer(segment):
            at = start + match.start("number")
            line = node.lineno + segment.count("\n", 0, match.start("number"))
            value = float(match["number"].replace("_", ""))
            self.found.append(Number(self.file.path, line, at, start + match.end("number"), value))


def _called(node: ast.Call) -> str:
    """The last word of what is called."""
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))
