# ruff: noqa: RUF012 - written as strategies are
"""A freqtrade strategy as people write them: an hourly trend, a dip on five minutes, a stop that follows the profit."""

from datetime import datetime

import talib.abstract as ta
from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter, IntParameter, IStrategy, informative, stoploss_from_open
from pandas import DataFrame
from technical import qtpylib


class Swing(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    startup_candle_count = 240
    minimal_roi = {"0": 0.06, "240": 0.03, "1440": 0.01}
    stoploss = -0.05
    use_custom_stoploss = True

    buy_rsi = IntParameter(15, 45, default=32, space="buy")
    buy_width = DecimalParameter(1.0, 3.0, default=1.8, decimals=1, space="buy")
    sell_rsi = IntParameter(55, 90, default=72, space="sell")

    @informative("1h")
    def populate_indicators_1h(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=20)
        return dataframe

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        bands = qtpylib.bollinger_bands(
            qtpylib.typical_price(dataframe), window=20, stds=float(self.buy_width.value)
        )
        dataframe["lower"] = bands["lower"]
        dataframe["middle"] = bands["mid"]
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dip = (dataframe["rsi"] < self.buy_rsi.value) & (dataframe["close"] < dataframe["lower"])
        trend = dataframe["close"] > dataframe["ema_1h"] * 0.98
        dataframe.loc[dip & trend & (dataframe["volume"] > 0), ["enter_long", "enter_tag"]] = (1, "dip")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[qtpylib.crossed_above(dataframe["rsi"], self.sell_rsi.value), "exit_long"] = 1
        return dataframe

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs,
    ) -> float | None:
        if current_profit > 0.025:
            return stoploss_from_open(0.01, current_profit, is_short=trade.is_short, leverage=trade.leverage)
        return None

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs,
    ) -> str | None:
        held_hours = (current_time - trade.open_date_utc).total_seconds() / 3600
        return "too_long" if held_hours > 36 and current_profit < 0.005 else None
