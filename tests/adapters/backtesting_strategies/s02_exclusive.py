from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Exclusive(Strategy):
    def init(self):
        self.ma1 = self.I(SMA, self.data.Close, 5)
        self.ma2 = self.I(SMA, self.data.Close, 15)

    def next(self):
        if crossover(self.ma1, self.ma2):
            self.buy()
        elif crossover(self.ma2, self.ma1):
            self.sell()


if __name__ == "__main__":
    print(Backtest(GOOG, Exclusive, cash=10_000_000, exclusive_orders=True).run())
