# ruff: noqa: RUF012 - written as strategies are
"""Patient: the longer a position lasts, the more is asked of it."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class RoiRises(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.006, "30": 0.012, "120": 0.02, "600": 0.001}
    stoploss = -0.03

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.EMA(dataframe, timeperiod=10)
        dataframe["slow"] = ta.EMA(dataframe, timeperiod=40)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
