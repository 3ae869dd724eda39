from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class BuyLower(Strategy):
    n = 20
    below = 0.01

    def init(self):
        self.mean = self.I(SMA, self.data.Close, self.n)

    def next(self):
        close = self.data.Close[-1]
        if self.position:
            if close < self.mean[-1]:
                self.position.close()
            return
        for order in self.orders:
            order.cancel()
        if close > self.mean[-1]:
            self.buy(limit=close * (1 - self.below), sl=close * 0.93)


if __name__ == "__main__":
    print(Backtest(GOOG, BuyLower, cash=10_000_000).run())
