from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class StopIn(Strategy):
    def init(self):
        pass

    def next(self):
        if self.position:
            if len(self.data) - 1 - self.trades[0].entry_bar >= 5:
                self.position.close()
        elif not self.orders:
            top, bottom = max(self.data.High[-3:]), min(self.data.Low[-3:])
            if top > self.data.Close[-1]:
                self.buy(stop=top * 1.002, sl=bottom * 0.99)


if __name__ == "__main__":
    print(Backtest(GOOG, StopIn, cash=10_000_000).run())
