# ruff: noqa: RUF012 - written as strategies are
"""MACD in a trend."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class MacdAdx(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.05, "240": 0.02, "1440": 0}
    stoploss = -0.06
    startup_candle_count = 60

    def populate_indicators(self, dataframe, metadata):
        macd = ta.MACD(dataframe)
        dataframe["macd"] = macd["macd"]
        dataframe["macdsignal"] = macd["macdsignal"]
        dataframe["adx"] = ta.ADX(dataframe)
        dataframe["plus_di"] = ta.PLUS_DI(dataframe)
        dataframe["minus_di"] = ta.MINUS_DI(dataframe)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[
            qtpylib.crossed_above(dataframe["macd"], dataframe["macdsignal"])
            & (dataframe["adx"] > 25)
            & (dataframe["plus_di"] > dataframe["minus_di"]),
            "enter_long",
        ] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["macd"], dataframe["macdsignal"]), "exit_long"] = 1
        return dataframe
