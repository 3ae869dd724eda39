"""The ``process`` adapter keeps the contract."""

from __future__ import annotations

from typing import ClassVar

import pytest
from adapter_contract import AdapterContract

pytestmark = pytest.mark.sandbox

SOURCE = '''
from dataclasses import dataclass


@dataclass
class Params:
    fast: int = 8
    slow: int = 30


class Crossing:
    """Long while the fast average is above the slow one."""

    def __init__(self, params: Params):
        self.params = params
        self.bars = 0

    def process(self, dataset, portfolio_state):
        self.bars += 1
        close = dataset["ohlcv"]["close"]
        if len(close) < self.params.slow:
            return {"orders": []}
        fast = close.iloc[-self.params.fast :].mean()
        slow = close.iloc[-self.params.slow :].mean()
        symbol, held = dataset["symbol"], portfolio_state["positions"]
        if fast > slow and symbol not in held:
            quantity = 0.5 * portfolio_state["equity"] / close.iloc[-1]
            return {"orders": [{"symbol": symbol, "side": "buy", "quantity": quantity}]}
        if fast < slow and symbol in held:
            return {"orders": [{"symbol": symbol, "side": "EXIT"}]}
        return {"orders": []}
'''


class TestProcess(AdapterContract):
    kind = "process"
    files: ClassVar[dict[str, str]] = {"crossing.py": SOURCE}
    target = "crossing:Crossing"
    params = "crossing:Params"
    knob = ("fast", 3)
    living = ("crossing.py", "self.bars += 1")
