# ruff: noqa: RUF012 - written as strategies are
"""An EMA of 200 candles and a long start-up."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class LongWarmup(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.05}
    stoploss = -0.05
    startup_candle_count = 400

    def populate_indicators(self, dataframe, metadata):
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=200)
        dataframe["tema"] = ta.TEMA(dataframe, timeperiod=9)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["tema"], dataframe["ema"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["tema"], dataframe["ema"]), "exit_long"] = 1
        return dataframe
