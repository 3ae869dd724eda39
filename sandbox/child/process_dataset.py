"""What a ``process`` strategy is shown: the bars so far, as pandas tables that are views of one growing block.

A bar costs a few microseconds to add; a table of the last ``window`` bars is a slice, made when it is asked for. A slice
that the strategy keeps or writes into never changes another: pandas copies on write (3.0 and later), and what is older
than a slice's last bar is never written again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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


class Told(dict[str, Any]):
    """A dict whose keys are attributes, too, and that says what there is instead of a key that it lacks."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(*error.args) from None

    def __missing__(self, name: Any) -> Any:
        raise KeyError(f"{name!r}: there is {', '.join(map(str, self))}")


class Dataset(Told):
    """One symbol's data at the close of a bar. Tables are made when they are asked for, once a bar."""

    __slots__ = ("_bars", "_roles")

    def __init__(self, symbol: str, bars: Bars, roles: Roles) -> None:
        super().__init__(symbol=symbol)
        self._bars, self._roles = bars, roles

    def __missing__(self, name: Any) -> Any:
        if self._bars.has(name):
            value = self._bars.series(name)
        elif name in _MADE:
            value = _MADE[name](self._bars, self._roles)
        elif (role := self._role(name)) is not None:
            value = self._bars.series(role)
        else:
            raise KeyError(self._why(name))
        self[name] = value
        return value

    def __contains__(self, name: Any) -> bool:
        return super().__contains__(name) or name in self._names()

    def get(self, name: Any, default: Any = None) -> Any:
        """The value, or ``default`` where there is none."""
        return self[name] if name in self else default  # noqa: SIM401 - it is get

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def keys(self) -> Any:
        """Every name, those among them that were not asked for yet."""
        return self._names().keys()

    def values(self) -> Any:
        """As a dict has them."""
        return [self[name] for name in self._names()]

    def items(self) -> Any:
        """As a dict has them."""
        return [(name, self[name]) for name in self._names()]

    def _role(self, name: Any) -> str | None:
        """The column that a name of ours stands for."""
        return next(
            (c for role in _ROLES.get(name, ()) for c in self._roles.get(role, ()) if self._bars.has(c)), None
        )

    def _names(self) -> dict[str, None]:
        amounts = ("volumes", "flow_estimate") if self._role("volume") else ()
        made = (*("ohlcv", "bars", "timestamp"), *amounts, *(n for n in _ROLES if self._role(n)))
        flow = [name for name in ("flow", "cvd") if self._bars.has(name)]
        return dict.fromkeys((*super().keys(), *made, *flow, *self._bars.columns))

    def _why(self, name: Any) -> str:
        if name in ("cvd", "flow", "delta"):
            return (
                f"{name}: the market reports no taker flow; dataset['flow_estimate'] is guessed from candles "
                "(its correlation with real flow was 0.4), or name the column in [data] roles"
            )
        if name in _ROLES:
            return f"{name}: the market has no such column; name it in [data] roles"
        if isinstance(name, str) and name.isupper() and len(name) > 4:
            return f'{name}: {self["symbol"]} alone is shown; for several symbols write [strategy] symbols = "all"'
        return f"{name}: the dataset has {', '.join(self._names())}"


class Datasets(Told):
    """Every symbol's dataset, by symbol and under ``markets``."""

    __slots__ = ()

    def __missing__(self, name: Any) -> Any:
        symbols = self["symbols"]
        if name in _MADE or name in _ROLES or name == "symbol":
            raise KeyError(
                f"{name}: there are {len(symbols)} symbols: dataset['markets'][{symbols[0]!r}][{name!r}]"
            )
        raise KeyError(f"{name}: there is {', '.join(map(str, self))}")


def _volumes(bars: Bars, roles: Roles) -> Any:
    names = [n for role in ("volume", "quote_volume") for n in roles.get(role, ()) if bars.has(n)]
    return bars.table(False)[names]


def _estimate(bars: Bars, roles: Roles) -> Any:
    """Volume times where the close lies in the bar's range: -1 at the low, 1 at the high, 0 without range."""
    volumes = _volumes(bars, roles)
    if not len(volumes.columns):
        raise KeyError("flow_estimate: the market has no volume; name it in [data] roles")
    candles = bars.table(True)
    span = candles["high"] - candles["low"]
    place = (2.0 * candles["close"] - candles["high"] - candles["low"]) / span.where(span > 0.0)
    return (volumes.iloc[:, 0] * place.fillna(0.0)).rename("flow_estimate")


#: Tables that are made of the bars.
_MADE: dict[Any, Callable[[Bars, Roles], Any]] = {
    "ohlcv": lambda bars, roles: bars.table(True),
    "bars": lambda bars, roles: bars.table(False),
    "timestamp": lambda bars, roles: pd.Timestamp(bars.time, tz="UTC"),
    "volumes": _volumes,
    "flow_estimate": _estimate,
}
#: Names of ours -> the roles whose first column they are.
_ROLES: dict[Any, tuple[str, ...]] = {
    "volume": ("volume", "quote_volume"),
    "cvd": ("cumulative",),
    "open_interest": ("open_interest",),
    "funding": ("funding",),
}
