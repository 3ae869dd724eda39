import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


def zscore(values, n):
    series = pd.Series(values)
    return (series - series.rolling(n).mean()) / series.rolling(n).std()


class Reversion(Strategy):
    n = 20
    enter, leave = 1.8, 0.2

    def init(self):
        self.z = self.I(zscore, self.data.Close, self.n)

    def next(self):
        z = self.z[-1]
        if self.position.is_long and z > -self.leave:
            self.position.close()
        if self.position.is_short and z < self.leave:
            self.position.close()
        if z < -self.enter and not self.position.is_long:
            self.buy(size=0.99)
        elif z > self.enter and not self.position.is_short:
            self.sell(size=0.99)


if __name__ == "__main__":
    print(Backtest(GOOG, Reversion, cash=10_000_000, exclusive_orders=True).run())
