# ruff: noqa: RUF012 - written as strategies are
"""The names of interface version 2."""

import freqtrade.vendor.qtpylib.indicators as qtpylib
import talib.abstract as ta
from freqtrade.strategy import IStrategy


class OldNames(IStrategy):
    INTERFACE_VERSION = 2
    timeframe = "5m"
    minimal_roi = {"0": 0.02}
    stoploss = -0.03
    sell_profit_only = False
    use_sell_signal = True

    def populate_indicators(self, dataframe, metadata):
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=50)
        return dataframe

    def populate_buy_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["close"], dataframe["ema"]), "buy"] = 1
        return dataframe

    def populate_sell_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["close"], dataframe["ema"]), "sell"] = 1
        return dataframe
