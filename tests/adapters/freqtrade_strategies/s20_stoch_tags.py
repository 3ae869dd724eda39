# ruff: noqa: RUF012 - written as strategies are
"""Two entries with their own tags."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class StochTags(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.015}
    stoploss = -0.025

    def populate_indicators(self, dataframe, metadata):
        fast = ta.STOCHF(dataframe, fastk_period=14, fastd_period=3)
        dataframe["fastk"] = fast["fastk"]
        dataframe["fastd"] = fast["fastd"]
        dataframe["cci"] = ta.CCI(dataframe, timeperiod=20)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[
            qtpylib.crossed_above(dataframe["fastk"], dataframe["fastd"]) & (dataframe["fastk"] < 20),
            ["enter_long", "enter_tag"],
        ] = (1, "stoch")
        dataframe.loc[dataframe["cci"] < -200, ["enter_long", "enter_tag"]] = (1, "cci")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["fastk"] > 90, "exit_long"] = 1
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        held = (current_time - trade.open_date_utc).total_seconds() / 60
        if trade.enter_tag == "cci" and held >= 60:
            return "cci_hour"
