# ruff: noqa: RUF012 - written as strategies are
"""A trailing stop at the distance of the stop."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class Trailing(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 10}
    stoploss = -0.03
    trailing_stop = True

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=12)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=48)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        pass
        return dataframe
