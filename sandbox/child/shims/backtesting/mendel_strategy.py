"""The class that strategies inherit from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from .mendel_broker import Broker
from .mendel_data import Array, Data, Indicator, named
from .mendel_orders import Order, Position, Trade

#: The strategy whose ``init`` runs, else None: backtesting.lib declares indicators with it.
RUNNING: list[Strategy] = []
_ALL = 1.0 - 1e-15


class Strategy:
    """Override ``init`` (declare indicators) and ``next`` (decide at each bar's close)."""

    def __init__(self, broker: Broker, data: Data, params: dict[str, Any]) -> None:
        self._broker, self._data, self._params = broker, data, params
        for name, value in params.items():
            setattr(self, name, value)

    def init(self) -> None:
        """Declare indicators."""

    def next(self) -> None:
        """Decide."""

    def I(  # noqa: E743, N802 - its name
        self,
        func: Callable[..., Any],
        *args: Any,
        name: Any = None,
        plot: bool = True,
        overlay: Any = None,
        color: Any = None,
        scatter: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Declare an indicator: what ``func`` returns, one value a bar, or several rows of that."""
        label = name if isinstance(name, str) else _label(func, chain(args, kwargs.values()))
        values, bars = func(*args, **kwargs), len(self._data)
        if hasattr(values, "columns") and hasattr(values, "values"):
            values = values.values
        array = np.asarray(values, order="C") if values is not None else np.empty(0)
        if array.ndim and array.shape[0] == bars:
            array = array.T
        if not 1 <= array.ndim <= 2 or array.shape[-1] != bars:
            raise ValueError(
                f"indicator {label} has shape {array.shape} for {bars} bars: return one value a bar"
            )
        if not isinstance(name, str) and name is not None and len(name) != len(np.atleast_2d(array)):
            raise ValueError(
                f"indicator {label} has {len(np.atleast_2d(array))} rows and {len(name)} names: give each one"
            )
        return named(array, label, self._data.index, Indicator)

    def buy(
        self,
        *,
        size: float = _ALL,
        limit: Any = None,
        stop: Any = None,
        sl: Any = None,
        tp: Any = None,
        tag: Any = None,
    ) -> Order:
        """Order a long."""
        return self._broker.order(1.0, size, limit, stop, sl, tp, tag)

    def sell(
        self,
        *,
        size: float = _ALL,
        limit: Any = None,
        stop: Any = None,
        sl: Any = None,
        tp: Any = None,
        tag: Any = None,
    ) -> Order:
        """Order a short."""
        return self._broker.order(-1.0, size, limit, stop, sl, tp, tag)

    @property
    def data(self) -> Data:
        """The bars up to now."""
        return self._data

    @property
    def equity(self) -> float:
        """What the account is worth."""
        return self._broker.equity

    @property
    def position(self) -> Position:
        """What is held."""
        return self._broker.position

    @property
    def orders(self) -> tuple[Order, ...]:
        """Orders that wait."""
        return self._broker.orders

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Trades that are open."""
        return self._broker.trades

    @property
    def closed_trades(self) -> tuple[Trade, ...]:
        """Trades that have ended."""
        return tuple(self._broker.closed)


def _label(func: Callable[..., Any], args: Any) -> str:
    told = ",".join(
        str(arg) for arg in args if isinstance(arg, (int, float, str)) and not isinstance(arg, Array)
    )
    own = getattr(func, "__name__", type(func).__name__)
    return f"{own}({told})"
