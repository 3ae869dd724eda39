# ruff: noqa: RUF012 - written as strategies are
"""A candle pattern and a parabolic stop."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy


class Engulfing(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.01}
    stoploss = -0.02
    startup_candle_count = 30

    def populate_indicators(self, dataframe, metadata):
        dataframe["engulfing"] = ta.CDLENGULFING(dataframe)
        dataframe["sar"] = ta.SAR(dataframe)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[
            (dataframe["engulfing"] == 100) & (dataframe["sar"] < dataframe["close"]), "enter_long"
        ] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["sar"] > dataframe["close"], "exit_long"] = 1
        return dataframe
