# ruff: noqa: RUF012 - written as strategies are
"""A stop that is hit often."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class TightStop(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 10}
    stoploss = -0.01

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=12)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=48)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["fast"], dataframe["slow"]), "exit_long"] = 1
        return dataframe
