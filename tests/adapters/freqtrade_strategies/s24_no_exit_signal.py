# ruff: noqa: RUF012 - written as strategies are
"""Exit signals that do not count."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class NoExitSignal(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.02, "30": 0.01}
    stoploss = -0.02
    use_exit_signal = False

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
