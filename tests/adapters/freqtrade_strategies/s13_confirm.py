# ruff: noqa: RUF012 - written as strategies are
"""Enters at certain hours only."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class Confirm(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.03}
    stoploss = -0.03

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

    def confirm_trade_entry(
        self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
    ):
        return current_time.hour < 12
