from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class SellHigher(Strategy):
    def init(self):
        self.mean = self.I(SMA, self.data.Close, 15)

    def next(self):
        price = self.data.Close[-1]
        if not self.position and not self.orders and price < self.mean[-1]:
            self.sell(limit=price * 1.01, sl=price * 1.06, tp=price * 0.95, size=0.8)
        elif self.position and price > self.mean[-1]:
            self.position.close()
        elif self.orders and not self.position and price > self.mean[-1]:
            for order in self.orders:
                order.cancel()


if __name__ == "__main__":
    print(Backtest(GOOG, SellHigher, cash=10_000_000).run())
