"""The ``freqtrade`` adapter keeps the contract, and more."""

from __future__ import annotations

from typing import ClassVar

import pytest
from adapter_contract import AdapterContract

pytestmark = pytest.mark.sandbox

SOURCE = """
import talib.abstract as ta
from freqtrade.strategy import IStrategy, IntParameter
from pandas import DataFrame
from technical import qtpylib


class Crossing(IStrategy):
    timeframe = "5m"
    stoploss = -0.05
    minimal_roi = {"0": 0.04, "120": 0.02}
    startup_candle_count = 30
    buy_fast = IntParameter(3, 20, default=8, space="buy")

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=self.buy_fast.value)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=30)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        crossed = qtpylib.crossed_above(dataframe["fast"], dataframe["slow"])
        dataframe.loc[crossed, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["fast"] < dataframe["slow"], "exit_long"] = 1
        return dataframe
"""


class TestFreqtrade(AdapterContract):
    kind = "freqtrade"
    files: ClassVar[dict[str, str]] = {"crossing.py": SOURCE}
    target = "crossing:Crossing"
    knob = ("buy_fast", 15)
    living = ("crossing.py", 'dataframe.loc[crossed, "enter_long"] = 1')
