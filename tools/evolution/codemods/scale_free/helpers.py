"""The two helpers that a repaired module carries, as source text, and how they get there."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
SCALAR_IMPORTS = ("from bisect import bisect_left, insort", "from collections import deque")
VECTOR_NAME, SCALAR_NAME = "trailing_quantile", "TrailingQuantile"

VECTOR_SOURCE = dedent('''

    def trailing_quantile(values, bars, share, unknown=float("nan")):
        """The `share` quantile of the `bars` values before each one: it knows no future and no unit.

        `unknown` stands where there are too few values to tell (fewer than a seventh of `bars`).
        """
        series = pd.Series(values)
        level = series.rolling(bars, min_periods=max(2, bars // 7)).quantile(share).shift(1).fillna(unknown)
        return level if isinstance(values, pd.Series) else level.to_numpy()
''')

SCALAR_SOURCE = dedent('''

    class TrailingQuantile:
        """The `share` quantile of the last `bars` values: it knows no future and no unit.

        `unknown` stands where there are too few values to tell (fewer than a seventh of `bars`).
        """

        def __init__(self, bars, share, unknown=float("nan")):
            self.bars, self.share, self.unknown = bars, share, unknown
            self.recent = deque()
            self.ordered = []

        def level(self, value):
            """The quantile of the values before `value`, which is remembered for the next call."""
            level = self._quantile() if len(self.ordered) >= max(2, self.bars // 7) else self.unknown
            if value == value:  # a missing value is not remembered
                self.recent.append(value)
                insort(self.ordered, value)
                if len(self.recent) > self.bars:
                    del self.ordered[bisect_left(self.ordered, self.recent.popleft())]
            return level

        def _quantile(self):
            place = self.share * (len(self.ordered) - 1)
            low = int(place)
            high = min(low + 1, len(self.ordered) - 1)
            return self.ordered[low] + (self.ordered[high] - self.ordered[low]) * (place - low)
''')


def _imports_end(body: Sequence[Statement]) -> int:
    """Index after the docstring and the last import at the top of the module."""
    end = 0
    for index, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, (cst.Import, cst.ImportFrom)):
            end = index + 1
        elif (
            index == 0
            and isinstance(small, cst.Expr)
            and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
        ):
            end = 1
    return end


def _defines(module: cst.Module, name: str) -> bool:
    return any(isinstance(s, (cst.FunctionDef, cst.ClassDef)) and s.name.value == name for s in module.body)


def _pandas_alias(module: cst.Module) -> str | None:
    for statement in module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for small in statement.body:
            if not isinstance(small, cst.Import):
                continue
            for alias in small.names:
                if alias.evaluated_name == "pandas":
                    return alias.evaluated_alias or "pandas"
    return None


def add_helpers(module: cst.Module, *, vector: bool, scalar: bool) -> cst.Module:
    """The module with the helpers it needs, after its imports, and the imports that they need."""
    wanted = [(vector, VECTOR_NAME, VECTOR_SOURCE), (scalar, SCALAR_NAME, SCALAR_SOURCE)]
    texts = [text for needed, name, text in wanted if needed and not _defines(module, name)]
    if not texts:
        return module
    context = CodemodContext()
    alias = _pandas_alias(module)
    if vector and alias is None:
        AddImportsVisitor.add_needed_import(context, "pandas", asname="pd")
    module = AddImportsVisitor(context).transform_module(module)
    if scalar:
        module = _with_lines(module, SCALAR_IMPORTS)
    body = list(module.body)
    at = _imports_end(body)
    source = "".join(texts).replace("pd.Series", f"{alias or 'pd'}.Series")
    source = source.replace("\n", module.default_newline)
    parsed = cst.parse_module(source.lstrip("\r\n"), config=module.config_for_parsing).body
    added = [_two_blank_lines(statement) for statement in parsed] if at else list(parsed)
    body[at:at] = added
    if at + len(added) < len(body):
        body[at + len(added)] = _two_blank_lines(body[at + len(added)])
    return module.with_changes(body=body)


def _with_lines(module: cst.Module, lines: Sequence[str]) -> cst.Module:
    """Import lines before the module's own imports, after its docstring and ``__future__``; those it has are left out."""
    missing = [line for line in lines if line not in module.code]
    body = list(module.body)
    at = 0
    for index, statement in enumerate(body):
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        future = (
            isinstance(small, cst.ImportFrom)
            and isinstance(small.module, cst.Name)
            and small.module.value == "__future__"
        )
        if future or (index == 0 and isinstance(small, cst.Expr)):
            at = index + 1
    added = [cst.parse_statement(line) for line in missing]
    if added and at < len(body):  # keep the blank line that stood before the first import
        added[0] = added[0].with_changes(leading_lines=getattr(body[at], "leading_lines", ()))
        body[at] = body[at].with_changes(leading_lines=())
    body[at:at] = added
    return module.with_changes(body=body)


def _two_blank_lines(statement: Statement) -> Statement:
    lines = list(getattr(statement, "leading_lines", ()))
    blanks = 0
    while blanks < len(lines) and lines[blanks].comment is None:
        blanks += 1
    missing = [cst.EmptyLine(indent=False)] * max(0, 2 - blanks)
    return statement.with_changes(leading_lines=missing + lines)
