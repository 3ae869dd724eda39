# ruff: noqa: RUF012 - written as strategies are
"""A stop that follows the profit in steps."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy, stoploss_from_open
from technical import qtpylib


class StopFromOpen(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 10}
    stoploss = -0.05
    use_custom_stoploss = True

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=12)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=48)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["fast"], dataframe["slow"]), "exit_long"] = 1
        return dataframe

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs):
        if current_profit > 0.03:
            return stoploss_from_open(0.02, current_profit, is_short=trade.is_short, leverage=trade.leverage)
        if current_profit > 0.015:
            return stoploss_from_open(0.002, current_profit, is_short=trade.is_short, leverage=trade.leverage)
        return None
