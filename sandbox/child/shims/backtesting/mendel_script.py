"""Mendel's own: a ``Backtest`` that runs nothing, and what the source says to it."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

#: Arguments of Backtest that say how orders are carried out.
FOLLOWED = ("cash", "exclusive_orders", "hedging", "trade_on_close", "margin", "commission", "spread")
_CLASSES = ("Backtest", "FractionalBacktest")
_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "venv", "site-packages"}


class Stats(dict[str, Any]):
    """The result of a run that was not made: every figure is NaN."""

    def __missing__(self, name: str) -> float:
        return float("nan")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return pd.DataFrame() if name in ("_trades", "_equity_curve") else float("nan")

    def __repr__(self) -> str:
        return "<no run: Mendel asks the strategy itself>"


class Backtest:
    """Takes what the real one takes, and does nothing: Mendel asks the Strategy itself."""

    def __init__(self, data: Any = None, strategy: Any = None, **kwargs: Any) -> None:
        self._strategy = strategy

    def run(self, **kwargs: Any) -> Any:
        """Nothing is run."""
        return self._nothing("run")

    def optimize(
        self, *, return_heatmap: bool = False, return_optimization: bool = False, **kwargs: Any
    ) -> Any:
        """Nothing is searched."""
        stats = self._nothing("optimize")
        extra = [pd.Series(dtype=float)] * (int(return_heatmap) + int(return_optimization))
        return (stats, *extra) if extra else stats

    def plot(self, **kwargs: Any) -> None:
        """Nothing is drawn."""
        self._nothing("plot")

    def _nothing(self, what: str) -> Stats:
        name = getattr(self._strategy, "__name__", self._strategy)
        sys.stdout.write(f"Backtest.{what} of {name} is inert here: Mendel asks the strategy itself\n")
        return Stats()


class FractionalBacktest(Backtest):
    """The same."""


class MultiBacktest(Backtest):
    """The same."""


@dataclass(frozen=True)
class Said:
    """What the source passes to the Backtest of a strategy: plain ``values``, names of those that are ``unread``, and
    the ``place``, file:line; empty where there is no such call."""

    values: dict[str, Any]
    unread: tuple[str, ...] = ()
    place: str = ""


def said_for(strategy: str, own: str | None, home: str) -> Said:
    """What is said to the Backtest of the class ``strategy`` below ``home``; the file ``own`` is looked at first."""
    for path in sorted(_sources(home), key=lambda path: (path != own, path)):
        with open(path, "rb") as handle:  # noqa: PTH123
            text = handle.read()
        if b"Backtest" not in text:
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_for(node, strategy):
                return _read(node, f"{os.path.relpath(path, home)}:{node.lineno}")
    return Said({})


def _sources(home: str) -> Iterator[str]:
    for place, folders, files in os.walk(home):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")]
        yield from (f"{place}/{name}" for name in files if name.endswith(".py"))


def _is_for(node: ast.Call, strategy: str) -> bool:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    if called not in _CLASSES:
        return False
    given = (
        node.args[1]
        if len(node.args) > 1
        else next((k.value for k in node.keywords if k.arg == "strategy"), None)
    )
    return (given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", None)) == strategy


def _read(node: ast.Call, place: str) -> Said:
    values, unread = {}, []
    for keyword in node.keywords:
        if keyword.arg not in FOLLOWED:
            continue
        try:
            values[keyword.arg] = ast.literal_eval(keyword.value)
        except ValueError:
            unread.append(keyword.arg)
    return Said(values, tuple(unread), place)
