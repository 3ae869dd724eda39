"""backtesting.lib, by its documentation: helpers and composable strategies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .mendel_data import Array
from .mendel_script import FractionalBacktest as FractionalBacktest
from .mendel_script import MultiBacktest as MultiBacktest
from .mendel_strategy import RUNNING, Strategy

OHLCV_AGG = {"Open": "first", "High": "max", "Low": "min", "Close": "last", "Volume": "sum"}
TRADES_AGG = {
    "Size": "sum", "EntryBar": "first", "ExitBar": "last", "EntryPrice": "mean", "ExitPrice": "mean", "PnL": "sum",
    "ReturnPct": "mean", "EntryTime": "first", "ExitTime": "last", "Duration": "sum",
}  # fmt: skip


def barssince(condition: Any, default: float = np.inf) -> float:
    """Bars since ``condition`` was last true; ``default`` where it never was."""
    truths = np.asarray(condition).astype(bool)[::-1]
    return int(truths.argmax()) if truths.any() else default


def crossover(series1: Any, series2: Any) -> bool:
    """Whether ``series1`` has just come above ``series2``; either may be a number."""
    (before1, now1), (before2, now2) = _last_two(series1), _last_two(series2)
    return bool(before1 < before2 and now1 > now2)


def cross(series1: Any, series2: Any) -> bool:
    """Whether one of them has just come above the other."""
    return crossover(series1, series2) or crossover(series2, series1)


def _last_two(series: Any) -> tuple[Any, Any]:
    if isinstance(series, pd.Series):
        series = series.values
    if isinstance(series, (int, float, np.number)):
        return series, series
    return (series[-2], series[-1]) if len(series) > 1 else (np.nan, np.nan)


def quantile(series: Any, quantile: float | None = None) -> float:
    """The share of earlier values that lie below the last one, or the value at that quantile."""
    if quantile is not None:
        return float(np.nanpercentile(series, 100 * quantile))
    values = np.asarray(series)
    return float(np.mean(values[:-1] < values[-1])) if len(values) > 1 else float("nan")


def resample_apply(
    rule: str, func: Callable[..., Any] | None, series: Any, *args: Any, agg: Any = None, **kwargs: Any
) -> Any:
    """``func`` of ``series`` in a coarser timeframe, brought back to the bars: each has the value of the last one of
    the coarser bars that had ended. In ``init`` it becomes an indicator."""
    own = series.s if isinstance(series, Array) else series
    if agg is None:
        agg = OHLCV_AGG.get(getattr(own, "name", None) or "", "last")
        agg = (
            {name: OHLCV_AGG.get(name, "last") for name in own.columns}
            if isinstance(own, pd.DataFrame)
            else agg
        )
    coarse = own.resample(rule, label="right").agg(agg).dropna()
    parts = [*args, *kwargs.values()]
    label = f"{getattr(func, '__name__', 'resample')}({rule}{''.join(f',{part}' for part in parts)})"

    def applied(table: Any, *args: Any, **kwargs: Any) -> Any:
        found = table if func is None else func(table, *args, **kwargs)
        if not isinstance(found, (pd.Series, pd.DataFrame)):
            rows = np.asarray(found)
            found = pd.Series(rows, table.index) if rows.ndim == 1 else pd.DataFrame(rows.T, table.index)
        both = own.index.union(found.index)
        return found.reindex(both).ffill().reindex(own.index)

    if RUNNING:
        return RUNNING[0].I(applied, coarse, *args, name=kwargs.pop("name", label), **kwargs)
    return applied(coarse, *args, **kwargs)


class SignalStrategy(Strategy):
    """Orders by two series: call ``set_signal`` in ``init``."""

    _entries: Any = None
    _exits: Any = None

    def set_signal(self, entry_size: Any, exit_portion: Any = None, *, plot: bool = True) -> None:
        """Buy where ``entry_size`` is above 0, sell where below; close that portion of the longs where ``exit_portion``
        is above 0, of the shorts where below."""
        self._entries = self.I(lambda: np.asarray(entry_size, float), name="entry size")
        if exit_portion is not None:
            self._exits = self.I(lambda: np.asarray(exit_portion, float), name="exit portion")

    def next(self) -> None:
        """Follow the signals of this bar."""
        super().next()
        portion = float(self._exits[-1]) if self._exits is not None else 0.0
        for trade in self.trades:
            if portion and (portion > 0) == trade.is_long:
                trade.close(abs(portion))
        size = float(self._entries[-1]) if self._entries is not None else 0.0
        if size > 0:
            self.buy(size=size)
        elif size < 0:
            self.sell(size=-size)


class TrailingStrategy(Strategy):
    """Moves the stop of every trade after the price: call ``set_trailing_sl`` or ``set_trailing_pct`` in ``init``."""

    _factor = 6.0
    _share: float | None = None
    _atr: Any = None
    _periods = 100

    def init(self) -> None:
        """Measure the ranges of the bars."""
        super().init()
        self.set_atr_periods()

    def set_atr_periods(self, periods: int = 100) -> None:
        """Over how many bars the average true range goes; over those there are, where there are fewer."""
        self._periods = periods
        high, low = np.asarray(self.data.High), np.asarray(self.data.Low)
        before = np.concatenate(([np.nan], np.asarray(self.data.Close)[:-1]))
        reach = np.fmax(np.fmax(high - low, np.abs(high - before)), np.abs(low - before))
        reach[:1] = np.nan
        self._atr = pd.Series(reach).rolling(periods, min_periods=1).mean().to_numpy()

    def set_trailing_sl(self, n_atr: float = 6) -> None:
        """Trail at so many average true ranges."""
        self._factor, self._share = n_atr, None
        self._broker.notes.add("atr")

    def set_trailing_pct(self, pct: float = 0.05) -> None:
        """Trail at that fraction of the close."""
        if not 0 < pct < 1:
            raise ValueError(f"set_trailing_pct(pct={pct!r}): give a fraction between 0 and 1")
        self._share = pct
        self._broker.notes.add("percent")

    def next(self) -> None:
        """Move the stops, in the trades' favour alone."""
        super().next()
        for trade in self.trades:
            close = float(self.data.Close[-1])
            reach = (
                self._factor * self._atr[len(self.data) - 1] if self._share is None else self._share * close
            )
            if trade.is_long:
                trade.sl = close - reach if trade.sl is None else max(trade.sl, close - reach)
            else:
                trade.sl = close + reach if trade.sl is None else min(trade.sl, close + reach)


def _absent(name: str) -> Callable[..., Any]:
    def refused(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"backtesting.lib.{name} is not here: it reports on runs, and none is made here"
        )

    return refused


compute_stats, plot_heatmaps, random_ohlc_data = (
    _absent(name) for name in ("compute_stats", "plot_heatmaps", "random_ohlc_data")
)
