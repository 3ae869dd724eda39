# ruff: noqa: RUF012 - written as strategies are
"""Fades a band on both sides, with profits that are taken and losses that are cut."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy


class ShortRoiStop(IStrategy):
    timeframe = "5m"
    can_short = True
    minimal_roi = {"0": 0.012, "120": 0.004}
    stoploss = -0.015

    def populate_indicators(self, dataframe, metadata):
        bands = ta.BBANDS(dataframe, timeperiod=40, nbdevup=2.2, nbdevdn=2.2)
        dataframe["upper"], dataframe["middle"], dataframe["lower"] = (
            bands["upperband"],
            bands["middleband"],
            bands["lowerband"],
        )
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["lower"], "enter_long"] = 1
        dataframe.loc[dataframe["close"] > dataframe["upper"], "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["middle"], "exit_long"] = 1
        dataframe.loc[dataframe["close"] < dataframe["middle"], "exit_short"] = 1
        return dataframe
