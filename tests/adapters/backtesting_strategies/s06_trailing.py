from backtesting import Backtest
from backtesting.lib import TrailingStrategy, crossover
from backtesting.test import GOOG, SMA


class Trailer(TrailingStrategy):
    n = 30

    def init(self):
        super().init()
        self.set_atr_periods(14)
        self.set_trailing_sl(3)
        self.mean = self.I(SMA, self.data.Close, self.n)

    def next(self):
        super().next()
        if not self.position and crossover(self.data.Close, self.mean):
            self.buy(sl=self.data.Close[-1] * 0.9)


if __name__ == "__main__":
    print(Backtest(GOOG, Trailer, cash=10_000_000).run())
