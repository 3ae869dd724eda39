"""``talib.abstract``: the same functions on a table of candles, ``ta.RSI(dataframe, timeperiod=14)``.

The table's columns are found by their names; ``price="volume"`` names another input. One output is a Series, several
are a DataFrame; arrays in give arrays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from . import function_of, settings_of
from .table import FUNCTIONS, compute, lacking

_PRICES = ("price", "price0", "price1")


def _on_table(name: str, table: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    _, inputs, outputs = FUNCTIONS[name]
    wanted = named.pop("prices", None) or inputs.split()
    chosen = [named.pop(key) for key in _PRICES if key in named]
    columns = chosen + list(wanted)[len(chosen) :]
    lost = [column for column in columns if column not in table]
    if lost:
        raise KeyError(f"talib.{name} wants the column {lost[0]!r}")
    found = compute(name, [table[column] for column in columns], settings_of(name, given, named))
    if not isinstance(table, pd.DataFrame):
        return found[0] if len(found) == 1 else list(found)
    if len(found) == 1:
        return pd.Series(found[0], table.index)
    return pd.DataFrame(dict(zip(outputs.split(), found, strict=True)), table.index)


def _abstract(name: str) -> Callable[..., Any]:
    plain = function_of(name)

    def made(*given: Any, **named: Any) -> Any:
        if given and isinstance(given[0], (pd.DataFrame, dict)):
            return _on_table(name, given[0], given[1:], dict(named))
        found = plain(*given, **named)
        return list(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)

    made.__name__ = name
    return made


def Function(name: str) -> Callable[..., Any]:  # noqa: N802 - TA-Lib's name
    """The function of that name."""
    if name.upper() not in FUNCTIONS:
        raise lacking(name)
    return _abstract(name.upper())


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return Function(name)
