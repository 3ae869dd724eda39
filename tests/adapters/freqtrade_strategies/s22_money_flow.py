# ruff: noqa: RUF012 - written as strategies are
"""Volume indicators."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy


class MoneyFlow(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.03, "120": 0.01}
    stoploss = -0.04
    startup_candle_count = 40

    def populate_indicators(self, dataframe, metadata):
        dataframe["mfi"] = ta.MFI(dataframe, timeperiod=14)
        dataframe["obv"] = ta.OBV(dataframe)
        dataframe["obv_mean"] = dataframe["obv"].rolling(20).mean()
        dataframe["willr"] = ta.WILLR(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["mfi"] < 25) & (dataframe["willr"] < -85), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["mfi"] > 80) & (dataframe["obv"] < dataframe["obv_mean"]), "exit_long"] = 1
        return dataframe
