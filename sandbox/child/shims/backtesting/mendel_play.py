"""Mendel's own: plays one Strategy bar by bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .mendel_broker import Broker
from .mendel_data import Indicator
from .mendel_plan import IDLE, Row
from .mendel_strategy import RUNNING, Strategy


class Play:
    """``init`` has run; ``bar`` after ``bar`` it is asked what it decides: IDLE itself where that is nothing."""

    IDLE = IDLE

    def __init__(self, strategy: Strategy, broker: Broker) -> None:
        self._strategy, self._broker, self._data = strategy, broker, broker.data
        RUNNING.append(strategy)
        try:
            strategy.init()
        finally:
            RUNNING.clear()
        self._own = vars(strategy)
        self._indicators = {n: v for n, v in self._own.items() if isinstance(v, Indicator)}
        self.first = 1 + max((_warm_up(v) for v in self._indicators.values()), default=0)

    def bar(self, bar: int, told: Mapping[str, float]) -> Row:
        """What it decides at the close of ``bar``; nothing before its indicators are warm."""
        self._broker.meet(bar, told)
        if bar < self.first:
            return IDLE
        seen = bar + 1
        self._data.show(seen)
        own = self._own
        for name, values in self._indicators.items():
            own[name] = values[..., :seen]
        self._strategy.next()
        return self._broker.decide()


def _warm_up(values: Any) -> int:
    """Bars before all its rows have a number; 0 for a row that never has one."""
    if values.dtype.kind not in "f":
        return 0
    known = ~np.isnan(np.atleast_2d(np.asarray(values)))
    return int(known.argmax(axis=-1).max())
