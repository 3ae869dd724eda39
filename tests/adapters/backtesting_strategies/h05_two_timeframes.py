import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import resample_apply
from backtesting.test import GOOG


def rsi(values, n):
    delta = pd.Series(values).diff()
    gain, loss = delta.clip(lower=0).rolling(n).mean(), (-delta.clip(upper=0)).rolling(n).mean()
    return 100 - 100 / (1 + gain / loss)


class TwoFrames(Strategy):
    d_rsi, w_rsi = 10, 5
    level = 60

    def init(self):
        self.daily = self.I(rsi, self.data.Close.s, self.d_rsi)
        self.weekly = resample_apply("W-FRI", rsi, self.data.Close, self.w_rsi)

    def next(self):
        price = self.data.Close[-1]
        if not self.position and self.daily[-1] > self.level and self.weekly[-1] > self.daily[-1]:
            self.buy(sl=0.92 * price)
        elif price < 0.98 * self.data.Open[-1]:
            self.position.close()


if __name__ == "__main__":
    print(Backtest(GOOG, TwoFrames, cash=10_000_000).run())
