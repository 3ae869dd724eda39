from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Sized(Strategy):
    risk = 0.02
    n = 25

    def init(self):
        self.mean = self.I(SMA, self.data.Close, self.n)

    def next(self):
        if self.position:
            if crossover(self.mean, self.data.Close):
                self.position.close()
            return
        if crossover(self.data.Close, self.mean):
            price, stop = self.data.Close[-1], self.data.Low[-5:].min() * 0.995
            units = int(self.risk * self.equity / (price - stop))
            units = min(units, int(0.9 * self.equity / price))
            if units >= 1:
                self.buy(size=units, sl=stop)


if __name__ == "__main__":
    print(Backtest(GOOG, Sized, cash=10_000_000).run())
