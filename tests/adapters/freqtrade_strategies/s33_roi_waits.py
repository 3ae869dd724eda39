# ruff: noqa: RUF012 - written as strategies are
"""Takes no profit while the reason to enter still stands."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy


class RoiWaits(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.01, "60": 0.005}
    stoploss = -0.03
    ignore_roi_if_entry_signal = True

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["rsi"] < 42, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
