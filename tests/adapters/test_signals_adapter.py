"""The ``signals`` adapter keeps the contract."""

from __future__ import annotations

from typing import ClassVar

import pytest
from adapter_contract import AdapterContract

pytestmark = pytest.mark.sandbox

SOURCE = """
from dataclasses import dataclass


@dataclass
class Params:
    fast: int = 8
    slow: int = 30


def signals(bars, params: Params):
    fast = bars["close"].rolling(params.fast).mean()
    slow = bars["close"].rolling(params.slow).mean()
    bars["enter_long"] = fast > slow
    bars["exit_long"] = fast < slow
    return bars
"""


class TestSignals(AdapterContract):
    kind = "signals"
    files: ClassVar[dict[str, str]] = {"rules.py": SOURCE}
    target = "rules:signals"
    params = "rules:Params"
    knob = ("fast", 3)
    living = ("rules.py", 'bars["enter_long"] = fast > slow')
