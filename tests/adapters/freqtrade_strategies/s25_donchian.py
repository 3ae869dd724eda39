# ruff: noqa: RUF012 - written as strategies are
"""Breakouts, in plain pandas."""

from freqtrade.strategy import IStrategy


class Donchian(IStrategy):
    timeframe = "5m"
    minimal_roi = {}
    stoploss = -0.05
    startup_candle_count = 60

    def populate_indicators(self, dataframe, metadata):
        dataframe["top"] = dataframe["high"].rolling(60).max().shift(1)
        dataframe["bottom"] = dataframe["low"].rolling(30).min().shift(1)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["top"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["bottom"], "exit_long"] = 1
        return dataframe
