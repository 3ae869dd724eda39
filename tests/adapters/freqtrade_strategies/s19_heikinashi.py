# ruff: noqa: RUF012 - written as strategies are
"""Smoothed candles."""

from freqtrade.strategy import IStrategy
from technical import qtpylib


class HeikinAshi(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.02, "45": 0.005}
    stoploss = -0.02

    def populate_indicators(self, dataframe, metadata):
        smooth = qtpylib.heikinashi(dataframe)
        dataframe["ha_open"] = smooth["open"]
        dataframe["ha_close"] = smooth["close"]
        dataframe["up"] = (dataframe["ha_close"] > dataframe["ha_open"]).astype(int).rolling(3).sum()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["up"] == 3) & (dataframe["up"].shift(1) < 3), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["up"] == 0, "exit_long"] = 1
        return dataframe
