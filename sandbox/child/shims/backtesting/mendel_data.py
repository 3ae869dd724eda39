"""Mendel's own: prices and indicators as a Strategy sees them, revealed bar by bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

_NOTHING: tuple[str, Any] = ("", None)


class Array(np.ndarray):
    """A numpy array that knows its name and its index: ``.s`` is a Series, ``.df`` a DataFrame; as a number or a
    truth it is its last value."""

    _about: tuple[str, Any] = _NOTHING

    def __array_finalize__(self, parent: Any) -> None:
        self._about = getattr(parent, "_about", _NOTHING)

    def __bool__(self) -> bool:
        return bool(self.flat[-1]) if self.size else False

    def __float__(self) -> float:
        return float(self.flat[-1]) if self.size else float("nan")

    @property
    def name(self) -> str:
        """What it is called."""
        return self._about[0]

    @property
    def s(self) -> Any:
        """The values as a Series; of several rows the first."""
        return pd.Series(np.asarray(np.atleast_2d(self)[0]), index=self._index(), name=self.name)

    @property
    def df(self) -> Any:
        """The values as a DataFrame, one column a row."""
        rows = np.atleast_2d(np.asarray(self))
        return pd.DataFrame(rows.T, index=self._index(), columns=[self.name] * len(rows))

    def to_series(self) -> Any:
        """The old name of ``s``."""
        return self.s

    def _index(self) -> Any:
        index = self._about[1]
        return None if index is None else index[: self.shape[-1]]


class Indicator(Array):
    """An Array that was declared by ``Strategy.I``, or made of such."""


def named(values: Any, name: str, index: Any, kind: type[Array] = Array) -> Any:
    """``values`` as an Array. Not a copy."""
    array = np.asarray(values).view(kind)
    array._about = (name, index)
    return array


class Data:
    """The bars up to now: ``Close`` and the like, ``index``, ``df``, ``len``. All bars while ``init`` runs."""

    def __init__(self, columns: Mapping[str, Any], index: Any) -> None:
        self._whole = {name: named(values, name, index) for name, values in columns.items()}
        self._all, self._seen = index, len(index)
        self._folded = {name.lower(): name for name in reversed(self._whole)}
        self._shown: dict[str, Any] = {}
        self._pip: float | None = None

    def show(self, bars: int) -> None:
        """Reveal so many bars."""
        self._seen = bars
        self._shown.clear()

    @property
    def prices(self) -> tuple[list[float], ...]:
        """Open, high, low and close of all bars, for the broker."""
        return tuple(np.asarray(self._whole[name]).tolist() for name in ("Open", "High", "Low", "Close"))

    def time_of(self, bar: int) -> Any:
        """When a bar opens."""
        return self._all[bar]

    def __len__(self) -> int:
        return self._seen

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __getitem__(self, name: str) -> Any:
        found = self._shown.get(name)
        if found is None:
            found = self._shown[name] = self._column(name)[: self._seen]
        return found

    def _column(self, name: str) -> Any:
        if name in self._whole:
            return self._whole[name]
        if isinstance(name, str) and name.lower() in self._folded:
            return self._whole[self._folded[name.lower()]]
        raise KeyError(
            f"the data has no column {name!r}: it has {', '.join(self._whole)}; add it to the data"
        )

    @property
    def index(self) -> Any:
        """When the bars open, UTC without a time zone."""
        return self._all[: self._seen]

    @property
    def now(self) -> Any:
        """When the last bar opens."""
        return self._all[self._seen - 1]

    @property
    def df(self) -> Any:
        """The bars as a DataFrame."""
        columns = {name: np.array(values[: self._seen]) for name, values in self._whole.items()}
        return pd.DataFrame(columns, index=self.index)

    @property
    def pip(self) -> float:
        """The smallest step of the price, by the decimals of the closes."""
        if self._pip is None:
            decimals = [
                len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in self._whole["Close"][:500]
            ]
            self._pip = 10.0 ** -float(np.median(decimals)) if decimals else 1.0
        return self._pip
