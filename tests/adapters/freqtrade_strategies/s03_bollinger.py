# ruff: noqa: RUF012 - written as strategies are
"""Bands around the typical price."""

from freqtrade.strategy import IStrategy
from technical import qtpylib


class Bollinger(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.03}
    stoploss = -0.04

    def populate_indicators(self, dataframe, metadata):
        bands = qtpylib.bollinger_bands(qtpylib.typical_price(dataframe), window=20, stds=2)
        dataframe["bb_lower"] = bands["lower"]
        dataframe["bb_middle"] = bands["mid"]
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["bb_lower"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["bb_middle"], "exit_long"] = 1
        return dataframe
