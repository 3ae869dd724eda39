from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class ScaleOut(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 8)
        self.slow = self.I(SMA, self.data.Close, 21)
        self.taken = False

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy(size=0.6)
            self.taken = False
        elif self.position:
            if not self.taken and self.position.pl_pct > 4:
                self.position.close(portion=0.5)
                self.taken = True
            if crossover(self.slow, self.fast):
                self.position.close()


if __name__ == "__main__":
    print(Backtest(GOOG, ScaleOut, cash=10_000_000).run())
