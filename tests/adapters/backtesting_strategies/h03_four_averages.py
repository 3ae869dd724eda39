from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Four(Strategy):
    n1, n2 = 50, 100
    n_enter, n_exit = 20, 10

    def init(self):
        self.sma1 = self.I(SMA, self.data.Close, self.n1)
        self.sma2 = self.I(SMA, self.data.Close, self.n2)
        self.sma_enter = self.I(SMA, self.data.Close, self.n_enter)
        self.sma_exit = self.I(SMA, self.data.Close, self.n_exit)

    def next(self):
        if not self.position:
            if self.sma1 > self.sma2:
                if crossover(self.data.Close, self.sma_enter):
                    self.buy()
            elif crossover(self.sma_enter, self.data.Close):
                self.sell()
        elif (self.position.is_long and crossover(self.sma_exit, self.data.Close)) or (
            self.position.is_short and crossover(self.data.Close, self.sma_exit)
        ):
            self.position.close()


if __name__ == "__main__":
    print(Backtest(GOOG, Four, cash=10_000_000).run())
