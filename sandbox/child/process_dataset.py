"""What a ``process`` strategy is shown at a bar's close: tables and series by the names of roles and columns, each made when
it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from sandbox.child.process_bars import Bars, Roles
else:
    from _mendel_process_bars import Bars, Roles


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
    """Every symbol's dataset, by symbol and under ``markets``. Who goes through it meets the symbols alone; ``symbols``,
    ``markets`` and ``timestamp`` are there for who asks."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self["markets"])

    def __len__(self) -> int:
        return len(self["markets"])

    def keys(self) -> Any:
        """The symbols."""
        return self["markets"].keys()

    def values(self) -> Any:
        """Their datasets."""
        return self["markets"].values()

    def items(self) -> Any:
        """Both."""
        return self["markets"].items()

    def __missing__(self, name: Any) -> Any:
        symbols = self["symbols"]
        if name in _MADE or name in _ROLES or name == "symbol":
            raise KeyError(
                f"{name}: there are {len(symbols)} symbols: dataset['markets'][{symbols[0]!r}][{name!r}]"
            )
        raise KeyError(f"{name}: there is {', '.join((*self, 'symbols', 'markets', 'timestamp'))}")


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
