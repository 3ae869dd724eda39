import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import cross
from backtesting.test import GOOG


def macd(values, fast, slow, smooth):
    series = pd.Series(values)
    line = series.ewm(span=fast).mean() - series.ewm(span=slow).mean()
    signal = line.ewm(span=smooth).mean()
    return line, signal


def bands(frame, n, k):
    mean = frame["Close"].rolling(n).mean()
    deviation = frame["Close"].rolling(n).std()
    return pd.DataFrame({"low": mean - k * deviation, "mid": mean, "high": mean + k * deviation})


class Macd(Strategy):
    def init(self):
        self.line, self.signal = self.I(macd, self.data.Close, 12, 26, 9)
        self.band = self.I(bands, self.data.df, 20, 2, name=["low", "mid", "high"])

    def next(self):
        if cross(self.line, self.signal):
            if self.line > self.signal and self.data.Close < self.band[2][-1]:
                self.position.close()
                self.buy()
            else:
                self.position.close()


if __name__ == "__main__":
    print(Backtest(GOOG, Macd, cash=10_000_000).run())
