"""What the search maximises, and what it may not do to get there.

The objective is the mean daily net return over its standard deviation, the symbols in equal parts, on the development
segment: a Sharpe ratio a day, not annualised. It is unknown where nothing was traded. A candidate must trade about as much
as the system does now: a rule that trades twice looks perfect by luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.analysis.study import closed_trades
from tools.backtest.daily import aligned_daily_returns
from tools.contracts import Backtest

OBJECTIVE = "mean daily net return over its standard deviation, symbols in equal parts (x sqrt(365) = Sharpe)"
#: A candidate trades at least and at most so many times as often as the system does now.
FEWEST, MOST = 0.5, 2.0
MIN_TRADES = 20


@dataclass(frozen=True)
class Score:
    """``value`` is None where nothing was traded, or days are too few to have a spread."""

    value: float | None
    trades: int
    days: int

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"value": self.value, "trades": self.trades, "days": self.days}


@dataclass(frozen=True)
class Bounds:
    """How many trades a candidate may have on the whole development segment."""

    least: float
    most: float

    def constraints(self, trades: int, share: float = 1.0) -> dict[str, float]:
        """By optuna's rule: fulfilled where zero or less. ``share`` is the part of the segment that was run."""
        return {"too_few_trades": share * self.least - trades, "too_many_trades": trades - share * self.most}

    def hold(self, trades: int) -> bool:
        """Whether the whole segment's count is within."""
        return self.least <= trades <= self.most


def bounds_of(base: Score) -> Bounds:
    """From what the system does now."""
    least = max(float(MIN_TRADES), FEWEST * base.trades)
    return Bounds(least, max(MOST * base.trades, 2 * least))


def score(backtests: Mapping[str, Backtest]) -> Score:
    """The objective of some accounts."""
    trades = sum(closed_trades(b) for b in backtests.values())
    _, table = aligned_daily_returns(backtests)
    if not table.size:
        return Score(None, trades, 0)
    daily = table.mean(axis=1)
    spread = float(np.std(daily, ddof=1)) if len(daily) > 1 else 0.0
    value = float(daily.mean()) / spread if trades and spread > 0 else None
    return Score(value, trades, len(daily))
