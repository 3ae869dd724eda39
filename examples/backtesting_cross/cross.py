"""A moving-average cross with a regime filter, written for backtesting.py."""

import pandas as pd
from backtesting import Strategy
from backtesting.lib import crossover, resample_apply


def sma(values, n):
    return pd.Series(values).rolling(n).mean()


def atr(high, low, close, n):
    high, low, before = pd.Series(high), pd.Series(low), pd.Series(close).shift(1)
    reach = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)
    return reach.rolling(n).mean()


class FilteredCross(Strategy):
    fast = 20
    slow = 60
    trend_hours = 24
    stop_atr = 3.0
    target_atr = 6.0
    shorts = True

    def init(self):
        self.ma_fast = self.I(sma, self.data.Close, self.fast)
        self.ma_slow = self.I(sma, self.data.Close, self.slow)
        self.atr = self.I(atr, self.data.High, self.data.Low, self.data.Close, 14)
        self.trend = resample_apply("1h", sma, self.data.Close, self.trend_hours)

    def next(self):
        price, atr = self.data.Close[-1], self.atr[-1]
        if crossover(self.ma_fast, self.ma_slow) and price > self.trend[-1]:
            self.buy(size=0.5, sl=price - self.stop_atr * atr, tp=price + self.target_atr * atr)
        elif crossover(self.ma_slow, self.ma_fast):
            if self.shorts and price < self.trend[-1]:
                self.sell(size=0.5, sl=price + self.stop_atr * atr, tp=price - self.target_atr * atr)
            elif self.position.is_long:
                self.position.close()

        for trade in self.trades:
            if trade.is_long and trade.pl_pct > 0.01:
                trade.sl = max(trade.sl, trade.entry_price * 1.001)
            elif trade.is_short and trade.pl_pct > 0.01:
                trade.sl = min(trade.sl, trade.entry_price * 0.999)
