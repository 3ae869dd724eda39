"""``python run.py candles.csv``: with backtesting.py installed, its own report."""

import sys

import pandas as pd
from backtesting import Backtest
from cross import FilteredCross

if __name__ == "__main__":
    candles = pd.read_csv(sys.argv[1], index_col=0, parse_dates=True)
    backtest = Backtest(candles, FilteredCross, cash=100_000, commission=0.0005, exclusive_orders=True)
    print(backtest.run())
    print(backtest.optimize(fast=range(10, 40, 5), slow=range(40, 120, 10), maximize="Sharpe Ratio"))
