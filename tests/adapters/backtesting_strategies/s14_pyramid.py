from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class Pyramid(Strategy):
    def init(self):
        self.mean = self.I(SMA, self.data.Close, 40)

    def next(self):
        close = self.data.Close
        begins = close[-1] > self.mean[-1] and close[-2] <= self.mean[-2]
        if begins or (self.position and len(self.trades) < 3 and self.trades[-1].pl_pct > 0.03):
            self.buy(size=0.2)
        elif close[-1] < self.mean[-1]:
            self.position.close()


if __name__ == "__main__":
    print(Backtest(GOOG, Pyramid, cash=10_000_000).run())
