"""``self.dp``: candles of this pair and of the others that the system's data holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..enums import RunMode
from ..exceptions import NotInMendel
from ..exchange import timeframe_to_minutes
from .mendel_known import Analyzed

_RULES = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
_MONDAY = pd.Timestamp("1970-01-05", tz="UTC")


def symbol_of(pair: str) -> str:
    """TONUSDT of TON/USDT or TON/USDT:USDT."""
    return pair.partition(":")[0].replace("/", "").upper()


class DataProvider:
    """``tables`` maps a symbol to its candles (``date`` and float columns) at ``timeframe``; coarser ones are made of
    them, complete candles only. A frame that is asked for is the caller's own."""

    def __init__(self, tables: Mapping[str, Any], pair: str, timeframe: str, pairs: Sequence[str]) -> None:
        self._tables, self._pair, self._timeframe, self._pairs = dict(tables), pair, timeframe, list(pairs)
        self._coarse: dict[tuple[str, str], Any] = {}
        self._analyzed: Any = None
        #: Candles that are closed at the moment of a question; all while the frame is filled.
        self._shown: int | None = None

    @property
    def runmode(self) -> RunMode:
        """Always a backtest."""
        return RunMode.BACKTEST

    @property
    def available_pairs(self) -> list[tuple[str, str]]:
        """(pair, timeframe) of the data."""
        return [(pair, self._timeframe) for pair in self._pairs]

    def current_whitelist(self) -> list[str]:
        """Every pair that the system's data holds."""
        return list(self._pairs)

    def get_pair_dataframe(self, pair: str, timeframe: str | None = None, candle_type: Any = "") -> Any:
        """Candles, up to the moment of the question where there is one. Raises NotInMendel where the data has none."""
        asked = timeframe or self._timeframe
        frame = self._frame(symbol_of(pair), asked)
        if self._shown is not None:
            minutes = timeframe_to_minutes(asked)
            now = self._analyzed.dates[self._shown - 1]
            now += pd.Timedelta(minutes=timeframe_to_minutes(self._timeframe) - minutes)
            frame = frame[frame["date"] <= now]
        return frame.copy()

    historic_ohlcv = get_pair_dataframe

    def ohlcv(self, pair: str, timeframe: str | None = None, copy: bool = True, candle_type: Any = "") -> Any:
        """get_pair_dataframe."""
        return self.get_pair_dataframe(pair, timeframe)

    def get_analyzed_dataframe(self, pair: str, timeframe: str | None = None) -> tuple[Any, Any]:
        """The strategy's own frame up to the moment of the question (its last 1,000 candles), and that moment."""
        if symbol_of(pair) != symbol_of(self._pair) or timeframe not in (None, self._timeframe):
            raise NotInMendel(
                f"dp.get_analyzed_dataframe({pair!r}): only the pair that is asked about is analyzed here"
            )
        if self._analyzed is None or not len(self._analyzed.dates):
            return pd.DataFrame(), pd.Timestamp(0, tz="UTC")
        shown = len(self._analyzed.dates) if self._shown is None else self._shown
        return self._analyzed.until(shown), self._analyzed.dates[shown - 1]

    def publish(self, analyzed: Any) -> None:
        """The filled frame."""
        self._analyzed = Analyzed(analyzed)

    def show(self, candles: int | None) -> None:
        """How many candles are closed now."""
        self._shown = candles

    def _frame(self, symbol: str, timeframe: str) -> Any:
        table = self._tables.get(symbol)
        if table is None:
            raise NotInMendel(
                f"dp: no candles of {symbol} in the data in use: add its file to [data] path in mendel.toml"
            )
        own, asked = timeframe_to_minutes(self._timeframe), timeframe_to_minutes(timeframe)
        if asked == own:
            return table
        if asked < own or asked % own:
            raise NotInMendel(
                f"dp: {timeframe} candles cannot be made of {self._timeframe} ones: give finer data"
            )
        key = (symbol, timeframe)
        if key not in self._coarse:
            self._coarse[key] = coarser(table, asked, own)
        return self._coarse[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotInMendel(f"self.dp.{name} is not available in a backtest")


def coarser(table: Any, minutes: int, own: int) -> Any:
    """Candles of ``minutes`` from those of ``own`` minutes; what is not closed yet at the end is left out."""
    offset = {} if minutes % 10080 else {"origin": _MONDAY}
    grouped = table.set_index("date").resample(f"{minutes}min", **offset)
    rules = {name: _RULES[name] for name in table.columns if name in _RULES}
    made = grouped.agg(rules).dropna(subset=["close"]).reset_index()
    last = table["date"].iloc[-1] + pd.Timedelta(minutes=own) if len(table) else None
    closed = (
        np.ones(len(made), bool) if last is None else made["date"] + pd.Timedelta(minutes=minutes) <= last
    )
    return made[closed].reset_index(drop=True)
