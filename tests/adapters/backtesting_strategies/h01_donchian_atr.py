import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


def atr(high, low, close, n):
    before = pd.Series(close).shift(1)
    reach = pd.concat([pd.Series(high - low), (high - before).abs(), (low - before).abs()], axis=1).max(
        axis=1
    )
    return reach.rolling(n).mean()


class DonchianAtr(Strategy):
    n = 15
    mult = 2.5

    def init(self):
        self.atr = self.I(atr, self.data.High, self.data.Low, self.data.Close, self.n)
        self.high = self.I(lambda: self.data.High.s.rolling(self.n).max().shift(1), name="high")
        self.low = self.I(lambda: self.data.Low.s.rolling(self.n).min().shift(1), name="low")

    def next(self):
        price = self.data.Close[-1]
        for trade in self.trades:
            level = price - self.mult * self.atr[-1] if trade.is_long else price + self.mult * self.atr[-1]
            trade.sl = max(trade.sl or -np.inf, level) if trade.is_long else min(trade.sl or np.inf, level)
        if self.position:
            return
        if price > self.high[-1]:
            self.buy(sl=price - self.mult * self.atr[-1])
        elif price < self.low[-1]:
            self.sell(sl=price + self.mult * self.atr[-1])


if __name__ == "__main__":
    print(Backtest(GOOG, DonchianAtr, cash=10_000_000).run())
