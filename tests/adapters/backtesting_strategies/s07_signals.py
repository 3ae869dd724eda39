import pandas as pd
from backtesting import Backtest
from backtesting.lib import SignalStrategy
from backtesting.test import GOOG, SMA


class Signals(SignalStrategy):
    n1 = 10
    n2 = 25

    def init(self):
        super().init()
        fast = self.I(SMA, self.data.Close, self.n1)
        slow = self.I(SMA, self.data.Close, self.n2)
        signal = (pd.Series(fast) > pd.Series(slow)).astype(int).diff().fillna(0)
        entry = signal.replace(-1, 0)
        self.set_signal(entry_size=entry * 0.95, exit_portion=signal.eq(-1).astype(float))


if __name__ == "__main__":
    print(Backtest(GOOG, Signals, cash=10_000_000).run())
