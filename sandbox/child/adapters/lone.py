"""The child half of ``lone``: one file with ``signals(bars)`` or ``on_bar(bar, portfolio)``.

``signals`` reads columns (``bars["close"]``) and returns one target position in [-1, 1] for each bar; ``on_bar``
returns the target after each bar that it is shown. In the hybrid feed ``signals`` is called once, and then
``on_position(trade)`` with a dict of QUESTION while a position is wanted or open; it returns a dict of some of ANSWER,
or None. The target of the evaluation is "file.py:function"."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sandbox.child.callbacks import ANSWER, QUESTION
    from sandbox.child.candidate import Line
    from sandbox.child.reasons import Rejection
else:
    from _mendel_callbacks import ANSWER, QUESTION
    from _mendel_reasons import Rejection

    Line = Any

POSITION = "position"
_TIME = "time"


class Column(np.ndarray):
    """One column: a numpy array that also has the methods of a pandas Series (``rolling``, ``shift`` …)."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(pd.Series(np.asarray(self)), name)

    def clip(self, *limits: Any, **named: Any) -> Any:
        """As numpy has it or, with ``lower`` or ``upper``, as pandas."""
        if named.keys() & {"lower", "upper"}:
            return pd.Series(np.asarray(self)).clip(*limits, **named)
        return super().clip(*limits, **named)


class Bars(dict[str, Any]):
    """All bars: ``bars["close"]`` is a column (read-only, over the sealed memory), ``len(bars)`` the number of
    bars, everything else as a DataFrame with copies of the columns and a plain range index has it.

    A dict, since pandas makes a frame of nothing else (``pd.DataFrame(bars)``); a column may be added."""

    def __init__(self, time: Any, columns: Mapping[str, Any]) -> None:
        super().__init__({name: array.view(Column) for name, array in {_TIME: time, **columns}.items()})
        self._bars = len(time)

    def __getitem__(self, name: Any) -> Any:
        return super().__getitem__(name) if isinstance(name, str) else self._frame()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        array = np.array(value)
        array = np.full(self._bars, value) if array.ndim == 0 else array
        if array.shape != (self._bars,):
            raise ValueError(f"column {name} has shape {array.shape} for {self._bars} bars")
        super().__setitem__(name, array.view(Column))

    def __len__(self) -> int:
        return self._bars

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name] if name in self else getattr(self._frame(), name)

    def copy(self, deep: bool = True) -> Any:
        """A DataFrame."""
        return self._frame()

    @property
    def values(self) -> Any:
        """As a DataFrame has it, not as a dict."""
        return self._frame().values

    def _frame(self) -> Any:
        return pd.DataFrame({name: np.array(column) for name, column in self.items()})


class Record(dict[str, Any]):
    """A dict whose keys can also be read as attributes."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def evaluate(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The positions that ``signals`` wants, float64 of all bars."""
    answer = load(request["target"])(Bars(time, columns))
    return {POSITION: positions(answer, len(time))}


def converse(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any], line: Line) -> None:
    """Hold the conversation that the feed asks for."""
    if request["feed"] == "hybrid":
        _hybrid(request, time, columns, line)
    else:
        _stepped(request, columns, line)


def _hybrid(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any], line: Line) -> None:
    name, _, _ = request["target"].rpartition(":")
    line.hear()
    line.deliver(evaluate({**request, "target": f"{name}:signals"}, time, columns))
    line.say(())
    on_position = getattr(sys.modules["candidate"], "on_position", None)
    while (words := line.hear()) is not None:
        answer = on_position and on_position(Record(zip(QUESTION, words, strict=True)))
        line.say([position(answer[word]) if word in answer else np.nan for word in ANSWER] if answer else ())


def _stepped(request: Mapping[str, Any], columns: Mapping[str, Any], line: Line) -> None:
    """Ask ``on_bar`` about every bar that the host sends. Bars are dicts of the columns, ``time`` (int ns UTC) and
    ``bar`` (its number, a float); the portfolio is a dict of floats."""
    on_bar = load(request["target"])
    names = (*columns,)
    first, portfolio_names = 2 + len(names), (*request["portfolio"],)
    hear, say, keys = line.hear, line.say, ("bar", _TIME, *names)
    while (words := hear()) is not None:
        bar = Record(zip(keys, words))  # noqa: B905 - the longer rest is the portfolio
        answer = on_bar(bar, Record(zip(portfolio_names, words[first:], strict=True)))
        say((answer if type(answer) is float else position(answer),))


def load(target: str) -> Any:
    """The function that "file.py:function" names, from the bundle."""
    name, _, function = target.rpartition(":")
    path = f"{sys.path[0]}/{name}"
    spec = importlib.util.spec_from_file_location("candidate", path)
    if spec is None or spec.loader is None:
        raise Rejection(f"{name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["candidate"] = module
    spec.loader.exec_module(module)
    found = getattr(module, function, None)
    if not callable(found):
        raise Rejection(f"{name} has no function {function}: {_WANTED[function]}")
    return found


_WANTED = {
    "signals": "write signals(bars), which returns one target position in [-1, 1] for each bar",
    "on_bar": "write on_bar(bar, portfolio), which returns a target position in [-1, 1]",
}


def positions(answer: Any, bars: int) -> Any:
    """One float64 for each bar. Raises Rejection where the answer is something else."""
    values = np.asarray(answer)
    if values.dtype.kind not in "biuf":
        raise Rejection(f"signals returned {type(answer).__name__} of {values.dtype}: wanted numbers")
    if values.shape != (bars,):
        raise Rejection(f"signals returned shape {values.shape} for {bars} bars: wanted one number a bar")
    return values.astype(np.float64)


def position(answer: Any) -> float:
    """The answer as a float. Raises Rejection where it is no number."""
    if isinstance(answer, np.ndarray) and answer.ndim == 0:  # what np.where and np.clip make of a number
        answer = answer[()]
    if isinstance(answer, (float, int, np.floating, np.integer, np.bool_)):
        return float(answer)
    raise Rejection(f"on_bar returned a {type(answer).__name__}: wanted a number between -1 and 1")
