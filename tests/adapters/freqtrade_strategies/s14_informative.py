# ruff: noqa: RUF012 - written as strategies are
"""An hourly trend by decorator."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy, informative


class HourlyTrend(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.03}
    stoploss = -0.04

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=7)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["close"] > dataframe["ema_1h"]) & (dataframe["rsi"] < 30), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["close"] < dataframe["ema_1h"]) | (dataframe["rsi"] > 80), "exit_long"] = 1
        return dataframe

    @informative("1h")
    def populate_indicators_1h(self, dataframe, metadata):
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=20)
        return dataframe
