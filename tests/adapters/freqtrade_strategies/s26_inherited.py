# ruff: noqa: RUF012 - written as strategies are
"""A strategy that inherits from another, with a method of its own."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from pandas import DataFrame


def below(dataframe: DataFrame, share: float) -> DataFrame:
    return dataframe["close"] < dataframe["ema"] * share


class Base(IStrategy):
    timeframe = "5m"
    stoploss = -0.04
    minimal_roi = {"0": 0.02}
    share = 0.99

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=self.length())
        return dataframe

    def length(self) -> int:
        return 20

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[below(dataframe, self.share), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] > dataframe["ema"], "exit_long"] = 1
        return dataframe


class Inherited(Base):
    share = 0.985

    def length(self) -> int:
        return 40
