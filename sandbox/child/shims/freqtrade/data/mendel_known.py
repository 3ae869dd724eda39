"""Mendel's own: what a callback may see of the analyzed frame, cut so cheaply that it can be cut at every bar.

pandas makes a row of a frame of many types in some hundred microseconds; callbacks ask for the last one again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

#: freqtrade shows callbacks this many candles of a backtest.
SHOWN = 1000


class Analyzed:
    """A filled frame and its columns, side by side."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame.copy()  # in few blocks
        self.dates = frame["date"].to_numpy(object)
        self.names = frame.columns
        plain = frame.columns.is_unique and frame.columns.nlevels == 1
        self._arrays = [_array(frame[name]) for name in frame.columns] if plain else []
        self._last: tuple[int, Any] = (-1, None)
        self._shown: tuple[int, Any] = (-1, None)

    def until(self, candles: int) -> Any:
        """The last SHOWN of the first ``candles``: the same frame as long as nobody wrote into it."""
        if self._shown[0] == candles and type(self._shown[1]) is Known:
            return self._shown[1]
        first = max(0, candles - SHOWN)
        frame = self._frame.iloc[first:candles]
        if self._arrays:
            frame.__class__ = Known
            object.__setattr__(frame, "_mendel", (self, first))
        self._shown = (candles, frame)
        return frame

    def row(self, at: int) -> Any:
        """One row, as ``iloc`` gives it."""
        if self._last[0] != at:
            values = np.empty(len(self._arrays), object)
            values[:] = [array[at] for array in self._arrays]
            self._last = (at, values)
        return pd.Series(self._last[1].copy(), index=self.names, name=self._frame.index[at], copy=False)


def _array(column: Any) -> Any:
    """What gives single values fast: times and texts as objects."""
    return (
        column.to_numpy()
        if isinstance(column.dtype, np.dtype) and column.dtype.kind != "M"
        else column.to_numpy(object)
    )


class Known(pd.DataFrame):
    """A DataFrame whose rows are quick to read. What is made of it, or written into it, is a plain one."""

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    def _plain(self) -> Any:
        object.__setattr__(self, "_mendel", None)
        frame: Any = self
        frame.__class__ = pd.DataFrame
        return frame

    @property
    def iloc(self) -> Any:
        """Rows by number."""
        return Rows(self, super().iloc)

    @property
    def loc(self) -> Any:
        """As always; it may be written through."""
        return self._plain().loc

    @property
    def at(self) -> Any:
        """As always; it may be written through."""
        return self._plain().at

    @property
    def iat(self) -> Any:
        """As always; it may be written through."""
        return self._plain().iat

    def __setitem__(self, key: Any, value: Any) -> None:
        self._plain()[key] = value


class Rows:
    """``iloc`` of a Known frame."""

    def __init__(self, frame: Known, plain: Any) -> None:
        self._frame, self._plain = frame, plain

    def __getitem__(self, key: Any) -> Any:
        if type(key) is not int:
            return self._plain[key]
        frame = self._frame
        source, first = object.__getattribute__(frame, "_mendel")
        rows = len(frame.index)
        if not -rows <= key < rows or len(frame.columns) != len(source.names):
            return self._plain[key]
        return source.row(first + (key + rows if key < 0 else key))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._frame._plain().iloc[key] = value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)
