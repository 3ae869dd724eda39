from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class EveryBar(Strategy):
    """Orders at every close, as careless scripts do."""

    def init(self):
        self.mean = self.I(SMA, self.data.Close, 30)

    def next(self):
        if self.data.Close > self.mean * 1.01:
            self.buy()
        elif self.data.Close < self.mean * 0.99:
            self.sell()


if __name__ == "__main__":
    print(Backtest(GOOG, EveryBar, cash=10_000_000, exclusive_orders=True).run())
