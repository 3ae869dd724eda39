"""Sees exceptions that a strategy catches inside itself, on some of the bars: tracing every bar would be too dear.

The first bars, then ever fewer, are run under the interpreter's trace hook, which looks into the system's own functions
alone. What a broad ``except`` (bare, Exception, BaseException, suppress) has caught there is told in the log."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

_FIRST, _EVERY = 4, 64
_FLOW = (StopIteration, StopAsyncIteration, GeneratorExit)
_BROAD = frozenset(("Exception", "BaseException"))


class Caught:
    """``call`` runs the strategy; ``told`` are sentences for the person."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._raised: dict[int, tuple[BaseException, str, int, str, int]] = {}
        self._trees: dict[str, ast.Module | None] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self.looked = 0

    def call(self, bar: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """The function's answer; whatever it raises passes through."""
        if bar >= _FIRST and bar % _EVERY and bar & (bar - 1):
            return function(*arguments)
        self._raised.clear()
        sys.settrace(self._enter)
        try:
            answer = function(*arguments)
        finally:
            sys.settrace(None)
        self.looked += 1
        self._count()
        return answer

    def told(self) -> list[str]:
        """The most frequent first."""
        often = sorted(self._counts.items(), key=lambda item: -item[1])
        return [
            f"{what} was caught inside process by the except at {where}, on {count} of {self.looked} bars looked at"
            for (what, where), count in often[:5]
        ]

    def _enter(self, frame: Any, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(self._root):
            return None
        frame.f_trace_lines = False
        return self._inside

    def _inside(self, frame: Any, event: str, argument: Any) -> Any:
        if event == "exception" and not issubclass(argument[0], _FLOW):
            error, file = argument[1], frame.f_code.co_filename
            first = self._raised.get(id(error), (error, file, frame.f_lineno))
            self._raised[id(error)] = (error, first[1], first[2], file, frame.f_lineno)
        return self._inside

    def _count(self) -> None:
        """Each place once a bar."""
        seen = set()
        for error, file, line, last, at in self._raised.values():
            handler = self._handler(last, at)
            if handler:
                what = f"{type(error).__name__}: {_text(error)} ({self._short(file)}:{line})"
                seen.add((what, f"{self._short(last)}:{handler}"))
        for key in seen:
            if key in self._counts or len(self._counts) < 100:
                self._counts[key] = self._counts.get(key, 0) + 1
        self._raised.clear()

    def _short(self, file: str) -> str:
        return file.removeprefix(self._root)

    def _handler(self, file: str, line: int) -> int:
        """The line of the broad handler around a line; 0 where there is none."""
        if file not in self._trees:
            self._trees[file] = _parsed(file)
        tree = self._trees[file]
        blocks = [] if tree is None else [n for n in ast.walk(tree) if isinstance(n, ast.Try | ast.With)]
        around = [n for n in blocks if n.body[0].lineno <= line <= (n.body[-1].end_lineno or line)]
        inner = max(around, key=lambda n: n.lineno, default=None)
        return 0 if inner is None else _broad(inner)


def _text(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())[:120]
    except BaseException:  # noqa: BLE001 - an exception's own __str__ is candidate code
        return ""


def _parsed(file: str) -> ast.Module | None:
    try:
        with open(file, encoding="utf-8-sig") as handle:  # noqa: PTH123
            return ast.parse(handle.read())
    except (OSError, SyntaxError, ValueError):
        return None


def _broad(block: ast.Try | ast.With) -> int:
    if isinstance(block, ast.With):
        calls = [item.context_expr for item in block.items if isinstance(item.context_expr, ast.Call)]
        fine = any(_name(c.func) == "suppress" and {_name(a) for a in c.args} & _BROAD for c in calls)
        return block.lineno if fine else 0
    for handler in block.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or _name(kind) in _BROAD for kind in kinds):
            return handler.lineno
    return 0


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
