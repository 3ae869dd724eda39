# ruff: noqa: RUF012 - written as strategies are
"""Trailing from the entry on, closer above the offset."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class TrailingPositive(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.06}
    stoploss = -0.05
    trailing_stop = True
    trailing_stop_positive = 0.015
    trailing_stop_positive_offset = 0.025

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
