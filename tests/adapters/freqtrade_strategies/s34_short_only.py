# ruff: noqa: RUF012 - written as strategies are
"""Sells what runs too hot."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy


class ShortOnly(IStrategy):
    timeframe = "5m"
    can_short = True
    minimal_roi = {"0": 0.02, "180": 0.01}
    stoploss = -0.03

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        hot = (dataframe["rsi"] > 72) & (dataframe["rsi"].shift(1) <= 72)
        dataframe.loc[hot, ["enter_short", "enter_tag"]] = (1, "hot")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["rsi"] < 40, "exit_short"] = 1
        return dataframe
