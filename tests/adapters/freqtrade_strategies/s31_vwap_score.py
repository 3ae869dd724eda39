# ruff: noqa: RUF012 - written as strategies are
"""Rolling VWAP and a score of four votes."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class VwapScore(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.02, "180": 0.004}
    stoploss = -0.05
    startup_candle_count = 100

    def populate_indicators(self, dataframe, metadata):
        dataframe["vwap"] = qtpylib.rolling_vwap(dataframe, window=96)
        dataframe["hist"] = ta.MACD(dataframe)["macdhist"]
        dataframe["mom"] = ta.MOM(dataframe, timeperiod=10)
        dataframe["score"] = (
            (dataframe["close"] < dataframe["vwap"] * 0.99).astype(int)
            + (dataframe["hist"] > dataframe["hist"].shift(1)).astype(int)
            + (dataframe["mom"] < 0).astype(int)
            + (dataframe["volume"] > dataframe["volume"].rolling(48).mean()).astype(int)
        )
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["score"] == 4, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] > dataframe["vwap"], "exit_long"] = 1
        return dataframe
