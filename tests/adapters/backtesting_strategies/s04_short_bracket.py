import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class FadeHigh(Strategy):
    """Shorts a close near the top of the last month, with absolute levels."""

    window = 20

    def init(self):
        self.top = self.I(lambda h: pd.Series(h).rolling(self.window).max(), self.data.High, name="top")

    def next(self):
        close = self.data.Close[-1]
        if self.position.is_short and len(self.data) - self.trades[-1].entry_bar > 10:
            self.position.close()
        elif not self.position and close > 0.985 * self.top[-1]:
            self.sell(sl=close * 1.04, tp=np.round(close * 0.96, 4))


if __name__ == "__main__":
    print(Backtest(GOOG, FadeHigh, cash=10_000_000).run())
