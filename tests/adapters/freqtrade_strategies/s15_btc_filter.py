# ruff: noqa: RUF012 - written as strategies are
"""Follows BTC by merge_informative_pair."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy, merge_informative_pair


class BtcFilter(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 0.03}
    stoploss = -0.04

    def populate_indicators(self, dataframe, metadata):
        btc = self.dp.get_pair_dataframe(pair="BTC/USDT", timeframe="15m")
        btc["btc_rsi"] = ta.RSI(btc, timeperiod=14)
        dataframe = merge_informative_pair(
            dataframe, btc[["date", "btc_rsi"]], self.timeframe, "15m", ffill=True
        )
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["btc_rsi_15m"] > 55) & (dataframe["rsi"] < 40), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["btc_rsi_15m"] < 40, "exit_long"] = 1
        return dataframe

    def informative_pairs(self):
        return [("BTC/USDT", "15m")]
