from backtesting import Backtest, Strategy
from backtesting.lib import crossover, resample_apply
from backtesting.test import GOOG, SMA


class Weekly(Strategy):
    d = 15
    w = 6

    def init(self):
        self.daily = self.I(SMA, self.data.Close, self.d)
        self.weekly = resample_apply("W-FRI", SMA, self.data.Close, self.w)

    def next(self):
        price = self.data.Close[-1]
        if not self.position and self.daily[-1] > self.weekly[-1] and price > self.daily[-1]:
            self.buy(sl=0.92 * price)
        elif crossover(self.weekly, self.daily):
            self.position.close()


if __name__ == "__main__":
    print(Backtest(GOOG, Weekly, cash=10_000_000).run())
