"""One symbol's bars so far, as pandas tables that are views of one growing block.

A bar costs a few microseconds to add; a table of the last ``window`` bars is a slice, made when it is asked for. A slice
that the strategy keeps or writes into never changes another: pandas copies on write (3.0 and later), and what is older
than a slice's last bar is never written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

_SHARES = int(pd.__version__.split(".")[0]) >= 3
OHLCV = ("open", "high", "low", "close", "volume")
Roles = Mapping[str, Sequence[str]]


class Bars:
    """One symbol's bars so far: ``columns`` in a fixed order, the room for them moved on when it is full. Where the market
    reports what takers bought, ``flow`` (bought minus sold) and ``cvd`` (its sum since the first bar) are kept beside."""

    def __init__(self, columns: Sequence[str], roles: Roles, window: int) -> None:
        known = [name for name in OHLCV if name in columns]
        self.columns = [*known, *(name for name in columns if name not in known)]
        self._order = [columns.index(name) for name in self.columns]
        self._delta = delta_of(columns, roles)
        made = ("flow", "cvd") if self._delta else ()
        self._rows = {name: k for k, name in enumerate((*self.columns, *made))}
        self.prices, self.window, self.count = len(known), window, 0
        self._room = max(1024, 4 * window)
        self._plain, self._total = self._order == list(range(len(columns))) and not made, 0.0
        self._block: Any = np.empty((len(self._rows), 0))
        self._time: Any = np.empty(0, np.int64)
        self._end = 0
        self._fresh(self._block, self._time)

    def add(self, time: int, values: Sequence[float]) -> None:
        """The next bar."""
        if self._end == self._room:
            keep = slice(self._room - self.window, None)
            self._fresh(self._block[:, keep], self._time[keep])
        at = self._end
        self._block[:, at] = values if self._plain else self._arranged(values)
        self._time[at] = time
        self._end, self.count = at + 1, self.count + 1

    @property
    def time(self) -> int:
        """When the last bar opened, ns UTC."""
        return int(self._time[self._end - 1])

    def has(self, name: Any) -> bool:
        """Whether there is such a series."""
        return name in self._rows

    def table(self, prices: bool) -> Any:
        """The last bars: the candles alone, or every column."""
        rows = self.prices if prices else len(self.columns)
        return self._part(
            prices, slice(rows), lambda values, index: _frame(values, index, self.columns[:rows])
        )

    def series(self, name: str) -> Any:
        """One column of the last bars."""
        return self._part(name, self._rows[name], lambda values, index: _series(values, index, name))

    def _part(self, key: Any, rows: Any, made: Callable[[Any, Any], Any]) -> Any:
        """The last bars of a table: a slice of the whole room where tables can share it, else a table of their own."""
        last = slice(max(0, self._end - self.window), self._end)
        if self._index is None:
            index = pd.DatetimeIndex(self._time[last].view("datetime64[ns]"), tz="UTC")
            return made(self._block[..., last][rows].copy(), index)
        if key not in self._parts:
            self._parts[key] = made(self._block[rows], self._index)
        return self._parts[key].iloc[last]

    def _arranged(self, values: Sequence[float]) -> list[float]:
        row = [values[k] for k in self._order]
        if self._delta is not None:
            delta = self._delta(values)
            self._total += delta if delta == delta else 0.0
            row += (delta, self._total)
        return row

    def _fresh(self, block: Any, time: Any) -> None:
        """New room that begins with these bars; slices of the old one keep theirs."""
        self._end = block.shape[1]
        self._block = np.full((len(self._rows), self._room), np.nan)
        self._time = np.zeros(self._room, np.int64)
        self._block[:, : self._end], self._time[: self._end] = block, time
        self._index = _shared_index(self._time)
        self._parts: dict[Any, Any] = {}


def _shared_index(time: Any) -> Any:
    """An index over the array itself, whose later entries are written as bars come; None where tables copy it, or where
    what is written into a slice would reach the room (before pandas 3)."""
    if not _SHARES:
        return None
    naive: Any = pd.DatetimeIndex(time.view("datetime64[ns]"), copy=False)
    index = naive.view("datetime64[ns, UTC]")
    return index if np.shares_memory(index.asi8, time) else None


def _frame(values: Any, index: Any, names: Any) -> Any:
    return pd.DataFrame(values.T, columns=names, index=index, copy=False)


def _series(values: Any, index: Any, name: str) -> Any:
    return pd.Series(values, index=index, name=name, copy=False)


def roles_of(columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Roles by the plainest names, where nobody says them."""
    words = {
        "cumulative": ("cvd",),
        "flow": ("taker", "delta", "buy", "sell"),
        "open_interest": ("open_interest",),
        "funding": ("funding",),
        "quote_volume": ("quote_volume",),
        "volume": ("volume",),
    }
    found: dict[str, list[str]] = {}
    for name in columns:
        role = next((r for r, parts in words.items() if any(part in name.lower() for part in parts)), None)
        if role is not None:
            found.setdefault(role, []).append(name)
    return {role: tuple(names) for role, names in found.items()}


def delta_of(columns: Sequence[str], roles: Roles) -> Callable[[Sequence[float]], float] | None:
    """What takers bought minus what they sold in a bar, from its values: a column that says so, a buy and a sell column,
    or 2 x bought - volume. None where nothing reports it, or a column of the name is there already."""
    names = [name for name in roles.get("flow", ()) if name in columns]
    if not names or {"flow", "cvd"} & set(columns) or roles.get("cumulative"):
        return None
    bought, sold = (_named(names, word) for word in ("buy", "sell"))
    if bought and sold:
        plus, minus = columns.index(bought), columns.index(sold)
        return lambda values: values[plus] - values[minus]
    volumes = [
        n for n in roles.get("quote_volume" if bought and "quote" in bought else "volume", ()) if n in columns
    ]
    if bought and volumes:
        plus, whole = columns.index(bought), columns.index(volumes[0])
        return lambda values: 2.0 * values[plus] - values[whole]
    signed = next((n for n in names if any(word in n.lower() for word in ("delta", "net", "flow"))), None)
    if signed is None:
        return None
    only = columns.index(signed)
    return lambda values: values[only]


def _named(names: Sequence[str], word: str) -> str | None:
    return next((name for name in names if word in name.lower() and "delta" not in name.lower()), None)
