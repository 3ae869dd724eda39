# ruff: noqa: RUF012 - written as strategies are
"""Leaves after four hours, or with three per cent."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class CustomExit(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 10}
    stoploss = -0.10

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=12)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=48)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        pass
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        if (current_time - trade.open_date_utc).total_seconds() >= 4 * 3600:
            return "four_hours"
        if current_profit > 0.03:
            return "three_per_cent"
        return None
