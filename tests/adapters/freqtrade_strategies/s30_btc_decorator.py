# ruff: noqa: RUF012 - written as strategies are
"""An hourly frame of another pair by decorator."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy, informative


class BtcDecorator(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.04}
    stoploss = -0.06

    def populate_indicators(self, dataframe, metadata):
        dataframe["roc"] = ta.ROC(dataframe, timeperiod=12)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[
            (dataframe["btc_usdt_rsi_1h"] > 50) & (dataframe["roc"] < -1.2), ["enter_long", "enter_tag"]
        ] = (1, "dip")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["btc_usdt_rsi_1h"] < 42, "exit_long"] = 1
        return dataframe

    @informative("1h", "BTC/{stake}")
    def populate_indicators_btc_1h(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe
