import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


def rsi(values, n):
    delta = pd.Series(values).diff()
    gain = delta.clip(lower=0).ewm(alpha=1 / n, min_periods=n).mean()
    loss = (-delta.clip(upper=0)).ewm(alpha=1 / n, min_periods=n).mean()
    return 100 - 100 / (1 + gain / loss)


class RsiBracket(Strategy):
    low = 40
    sl_pct = 0.03
    tp_pct = 0.05

    def init(self):
        self.rsi = self.I(rsi, self.data.Close, 14)

    def next(self):
        price = self.data.Close[-1]
        if not self.position and self.rsi[-1] < self.low:
            self.buy(sl=price * (1 - self.sl_pct), tp=price * (1 + self.tp_pct), tag="dip")


if __name__ == "__main__":
    print(Backtest(GOOG, RsiBracket, cash=10_000_000).run())
