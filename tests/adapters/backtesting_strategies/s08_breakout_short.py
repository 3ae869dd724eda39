from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class Channel(Strategy):
    up, down = 20, 10

    def init(self):
        high, low = self.data.High.s, self.data.Low.s
        self.upper = self.I(lambda: high.rolling(self.up).max().shift(1), name="upper")
        self.lower = self.I(lambda: low.rolling(self.up).min().shift(1), name="lower")
        self.exit_low = self.I(lambda: low.rolling(self.down).min().shift(1), name="exit_low")
        self.exit_high = self.I(lambda: high.rolling(self.down).max().shift(1), name="exit_high")

    def next(self):
        close = self.data.Close[-1]
        long, short = self.position.is_long, self.position.is_short
        if (long and close < self.exit_low[-1]) or (short and close > self.exit_high[-1]):
            self.position.close()
        if not self.position:
            if close > self.upper[-1]:
                self.buy(size=0.5)
            elif close < self.lower[-1]:
                self.sell(size=0.5)


if __name__ == "__main__":
    print(Backtest(GOOG, Channel, cash=10_000_000).run())
