# ruff: noqa: RUF012 - written as strategies are
"""A loop over the candles in numpy."""

import numpy as np
import talib.abstract as ta
from freqtrade.strategy import IStrategy


class Supertrend(IStrategy):
    timeframe = "5m"
    minimal_roi = {"0": 10}
    stoploss = -0.10
    startup_candle_count = 50

    def populate_indicators(self, dataframe, metadata):
        atr = ta.ATR(dataframe, timeperiod=10).to_numpy()
        middle = ((dataframe["high"] + dataframe["low"]) / 2).to_numpy()
        close = dataframe["close"].to_numpy()
        upper, lower = middle + 3 * atr, middle - 3 * atr
        trend = np.zeros(len(close))
        for i in range(1, len(close)):
            if not np.isnan(upper[i - 1]):
                upper[i] = min(upper[i], upper[i - 1]) if close[i - 1] <= upper[i - 1] else upper[i]
                lower[i] = max(lower[i], lower[i - 1]) if close[i - 1] >= lower[i - 1] else lower[i]
            trend[i] = 1 if close[i] > upper[i - 1] else -1 if close[i] < lower[i - 1] else trend[i - 1]
        dataframe["trend"] = trend
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["trend"] == 1) & (dataframe["trend"].shift(1) != 1), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["trend"] == -1, "exit_long"] = 1
        return dataframe
