# ruff: noqa: RUF012 - written as strategies are
"""Both ways, with a say in every entry and exit."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from technical import qtpylib


class ShortCallbacks(IStrategy):
    timeframe = "5m"
    can_short = True
    minimal_roi = {"0": 10}
    stoploss = -0.04

    def populate_indicators(self, dataframe, metadata):
        macd = ta.MACD(dataframe)
        dataframe["macd"], dataframe["signal"] = macd["macd"], macd["macdsignal"]
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        up = qtpylib.crossed_above(dataframe["macd"], dataframe["signal"])
        down = qtpylib.crossed_below(dataframe["macd"], dataframe["signal"])
        dataframe.loc[up, ["enter_long", "enter_tag"]] = (1, "up")
        dataframe.loc[down, ["enter_short", "enter_tag"]] = (1, "down")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def confirm_trade_entry(
        self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs
    ):
        return current_time.hour % 3 != 0 if side == "short" else current_time.hour % 2 == 0

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        held = (current_time - trade.open_date_utc).total_seconds() / 60
        if held >= (90 if trade.is_short else 150):
            return f"{trade.enter_tag}_is_over"
        return None
