"""Mendel's own: fills a strategy's frame from candles, in freqtrade's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .data.dataprovider import DataProvider
from .exceptions import NotInMendel, OperationalException
from .strategy.informative_decorator import MARK, column_namer
from .strategy.strategy_helper import beside

_OLD = {"enter_long": "buy", "exit_long": "sell"}


def candles(time: Any, columns: Mapping[str, Any]) -> Any:
    """A frame with ``date`` (UTC) in front of float columns."""
    date = pd.DatetimeIndex(time.view("datetime64[ns]")).tz_localize("UTC")
    return pd.DataFrame({"date": date, **{name: np.array(values) for name, values in columns.items()}})


def known(frame: Any) -> Any:
    """The candles that another symbol has."""
    return frame.dropna(subset=["close"]).reset_index(drop=True)


def fill(strategy: Any, frame: Any, pair: str) -> Any:
    """The frame after @informative methods, indicators, entries and exits. Raises OperationalException where its rows
    are no longer the candles."""
    metadata = {"pair": pair}
    dates = frame["date"]
    filled = strategy.populate_indicators(_with_informative(strategy, frame, pair), metadata)
    filled = strategy.populate_entry_trend(_checked(filled, dates, strategy.populate_indicators), metadata)
    filled = strategy.populate_exit_trend(_checked(filled, dates, strategy.populate_entry_trend), metadata)
    return _checked(filled, dates, strategy.populate_exit_trend)


def _checked(filled: Any, dates: Any, asked: Any) -> Any:
    method = f"{asked.__name__}{_place(asked)}"
    if not isinstance(filled, pd.DataFrame):
        raise OperationalException(f"{method} returned a {type(filled).__name__}: return the dataframe")
    if len(filled) != len(dates) or "date" not in filled or not np.array_equal(filled["date"], dates):
        raise OperationalException(
            f"{method} returned {len(filled)} rows for {len(dates)} candles or other dates: keep every row"
        )
    return filled


def _with_informative(strategy: Any, frame: Any, pair: str) -> Any:
    provider: DataProvider = strategy.dp
    _, _, quote = pair.partition(":")[0].partition("/")
    for name in _in_order(type(strategy)):
        method = getattr(strategy, name)
        for mark in reversed(getattr(method, MARK)):
            base = pair.partition("/")[0]
            words = {"stake": quote, "quote": quote, "base": base, "BASE": base, "QUOTE": quote}
            other = mark.asset.format(**words) if mark.asset else pair
            made = method(_candles_for(method, provider, other, mark.timeframe), {"pair": other})
            renamed = made.rename(columns=column_namer(mark, other))
            frame = beside(frame, renamed, made["date"], (strategy.timeframe, mark.timeframe), mark.ffill)
    return frame


def _candles_for(method: Any, provider: DataProvider, pair: str, timeframe: str) -> Any:
    try:
        return provider.get_pair_dataframe(pair, timeframe)
    except NotInMendel as error:
        raise NotInMendel(f"@informative{_place(method)}: {error}") from None


def _place(method: Any) -> str:
    code = getattr(method, "__code__", None)
    return "" if code is None else f" ({code.co_filename.rpartition('/system/')[2]}:{code.co_firstlineno})"


def _in_order(owner: type) -> list[str]:
    """Names of the marked methods, base classes first, as they are written."""
    names: dict[str, None] = {}
    for cls in reversed(owner.__mro__):
        names |= dict.fromkeys(n for n, v in vars(cls).items() if hasattr(v, MARK))
    return [name for name in names if hasattr(getattr(owner, name, None), MARK)]


def signals(filled: Any, names: tuple[str, ...], startup: int) -> dict[str, Any]:
    """1 where a signal is 1 (old names count where the new one is not there), from the first warmed-up candle on."""
    found = {}
    for name in names:
        column = name if name in filled else _OLD.get(name, "")
        values = np.zeros(len(filled))
        if column in filled:
            values[:] = pd.to_numeric(filled[column], errors="coerce").to_numpy(float, na_value=np.nan) == 1.0
        values[:startup] = 0.0
        found[name] = values
    return found


def tags(filled: Any, name: str) -> Any:
    """Row -> the tag of its signal, None where there is none."""
    column = name if name in filled else "buy_tag"
    if column not in filled:
        return lambda row: None
    values = filled[column].to_numpy(dtype=object)

    def tag(row: int) -> str | None:
        value = values[row] if 0 <= row < len(values) else None
        return value if isinstance(value, str) and value else None

    return tag
