# ruff: noqa: RUF012 - written as strategies are
"""A stop three ATR below the close, from the analyzed frame."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy, stoploss_from_absolute
from technical import qtpylib


class StopAtr(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 10}
    stoploss = -0.08
    use_custom_stoploss = True
    startup_candle_count = 20

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=12)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=48)
        dataframe["atr"] = ta.ATR(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        pass
        return dataframe

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        dataframe, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        candle = dataframe.iloc[-1]
        level = candle["close"] - 3 * candle["atr"]
        return stoploss_from_absolute(level, current_rate, is_short=trade.is_short)
