from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Flip(Strategy):
    """One hundred units either way: an order of twice that turns the position round."""

    lot = 100

    def init(self):
        self.fast = self.I(SMA, self.data.Close, 6)
        self.slow = self.I(SMA, self.data.Close, 18)

    def next(self):
        size = self.lot if not self.position else 2 * self.lot
        if crossover(self.fast, self.slow) and not self.position.is_long:
            self.buy(size=size)
        elif crossover(self.slow, self.fast) and not self.position.is_short:
            self.sell(size=size)


if __name__ == "__main__":
    print(Backtest(GOOG, Flip, cash=10_000_000).run())
