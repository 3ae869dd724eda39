# ruff: noqa: RUF012 - written as strategies are
"""A ribbon of exponential means and TRIX."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy


class Ribbon(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.05, "720": 0.01}
    stoploss = -0.07
    startup_candle_count = 120

    def populate_indicators(self, dataframe, metadata):
        for length in (8, 13, 21, 34):
            dataframe[f"ema_{length}"] = ta.EMA(dataframe, timeperiod=length)
        dataframe["trix"] = ta.TRIX(dataframe, timeperiod=15)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        ordered = (dataframe["ema_8"] > dataframe["ema_13"]) & (dataframe["ema_13"] > dataframe["ema_21"])
        ordered &= dataframe["ema_21"] > dataframe["ema_34"]
        dataframe.loc[ordered & (dataframe["trix"] > 0) & (dataframe["trix"].shift(1) <= 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["ema_8"] < dataframe["ema_34"], "exit_long"] = 1
        return dataframe
