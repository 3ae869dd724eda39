from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class Calendar(Strategy):
    """By the date alone, with a stop that comes to break even and a target set afterwards."""

    def init(self):
        self.span = self.I(lambda: self.data.df["High"] - self.data.df["Low"], name="span")

    def next(self):
        now = self.data.index[-1]
        if not self.position and now.weekday() == 0:
            self.buy(size=0.5, tag=str(now.date()), sl=self.data.Close[-1] * 0.97)
        for trade in self.trades:
            if trade.tp is None:
                trade.tp = trade.entry_price * 1.04
            if trade.pl_pct > 0.015:
                trade.sl = max(trade.sl, trade.entry_price * 1.001)
            if (now - trade.entry_time).days > 12:
                trade.close()


if __name__ == "__main__":
    print(Backtest(GOOG, Calendar, cash=10_000_000).run())
