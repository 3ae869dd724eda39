# ruff: noqa: RUF012 - written as strategies are
"""A ROI table that lets go of everything in the end."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class RoiEnds(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.03, "60": 0.01, "240": -1}
    stoploss = -0.15

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
