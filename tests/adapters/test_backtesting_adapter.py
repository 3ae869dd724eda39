"""The ``backtesting`` adapter keeps the contract, and more."""

from __future__ import annotations

from typing import ClassVar

import pytest
from adapter_contract import AdapterContract

pytestmark = pytest.mark.sandbox

SOURCE = """
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Crossing(Strategy):
    n1 = 8
    n2 = 30
    stop = 0.03

    def init(self):
        self.fast = self.I(SMA, self.data.Close, self.n1)
        self.slow = self.I(SMA, self.data.Close, self.n2)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy(sl=self.data.Close[-1] * (1 - self.stop), tp=self.data.Close[-1] * 1.06)
        elif self.position and self.fast[-1] < self.slow[-1]:
            self.position.close()


if __name__ == "__main__":
    Backtest(None, Crossing, cash=50_000, exclusive_orders=True).run()
"""


class TestBacktesting(AdapterContract):
    kind = "backtesting"
    files: ClassVar[dict[str, str]] = {"crossing.py": SOURCE}
    target = "crossing:Crossing"
    knob = ("n1", 15)
    living = ("crossing.py", "self.slow = self.I(SMA, self.data.Close, self.n2)")
