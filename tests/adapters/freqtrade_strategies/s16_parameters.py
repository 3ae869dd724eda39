# ruff: noqa: RUF012 - written as strategies are
"""Hyperopt parameters of every type, some set by buy_params."""

import talib.abstract as ta
from freqtrade.strategy import (
    BooleanParameter,
    CategoricalParameter,
    DecimalParameter,
    IntParameter,
    IStrategy,
)


class Parameters(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.04}
    stoploss = -0.05
    buy_params = {"buy_rsi": 33}
    buy_rsi = IntParameter(10, 40, default=25, space="buy")
    buy_factor = DecimalParameter(0.98, 1.0, default=0.995, decimals=3, space="buy")
    buy_trend = BooleanParameter(default=True, space="buy")
    sell_kind = CategoricalParameter(["rsi", "mean"], default="mean", space="sell")

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        dataframe["mean"] = dataframe["close"].rolling(30).mean()
        for window in self.buy_rsi.range:
            dataframe[f"seen_{window}"] = window
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        wanted = (dataframe["rsi"] < self.buy_rsi.value) & (
            dataframe["close"] < dataframe["mean"] * self.buy_factor.value
        )
        if self.buy_trend.value:
            wanted &= dataframe["volume"] > 0
        dataframe.loc[wanted, ["enter_long", "enter_tag"]] = (1, "low")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        if self.sell_kind.value == "mean":
            dataframe.loc[dataframe["close"] > dataframe["mean"], "exit_long"] = 1
        else:
            dataframe.loc[dataframe["rsi"] > 60, "exit_long"] = 1
        return dataframe
