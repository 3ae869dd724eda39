# ruff: noqa: RUF012 - written as strategies are
"""Always on one side."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class BothWays(IStrategy):
    timeframe = "5m"
    can_short = True
    minimal_roi = {"0": 10}
    stoploss = -0.9

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=20)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=80)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        dataframe.loc[qtpylib.crossed_below(dataframe["fast"], dataframe["slow"]), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["fast"], dataframe["slow"]), "exit_long"] = 1
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "exit_short"] = 1
        return dataframe
