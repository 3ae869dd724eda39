from backtesting import Backtest, Strategy
from backtesting.lib import barssince, quantile
from backtesting.test import GOOG


class Levels(Strategy):
    """Moves its stop and target both ways, and takes them away."""

    def init(self):
        self.change = self.I(lambda c: c / c[0], self.data.Close, name="change")

    def next(self):
        low, close = self.data.Low, self.data.Close[-1]
        if not self.position:
            if quantile(self.data.Close[-30:]) > 0.8 and len(self.data) > 30:
                self.buy(sl=close * 0.95)
            return
        trade = self.trades[0]
        age = len(self.data) - 1 - trade.entry_bar
        if age == 3:
            trade.tp = close * 1.03
        elif age == 6:
            trade.sl = min(low[-6:]) * 0.97
        elif age == 9:
            trade.tp = None
        elif age == 12:
            trade.sl = close * 0.985
        elif age > 25 or barssince(self.data.Close < trade.entry_price) > 20:
            trade.close()


if __name__ == "__main__":
    print(Backtest(GOOG, Levels, cash=10_000_000).run())
