"""One simple strategy written for two engines: a long-only crossing of two averages with a momentum filter.

Both search the same whole numbers (SPACE) on the same candles at the same fee, decide at a bar's close and fill at the next
open. What differs is the account: here each symbol has its own, freqtrade has one wallet with a slot for each pair."""

from __future__ import annotations

#: Setting -> lowest, highest, default.
SPACE = {"fast": (5, 40, 12), "slow": (50, 200, 80), "momentum": (1, 48, 12)}
FEE_BPS = 5.0
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")

OURS = '''"""A crossing of two averages, long only."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Params:
{fields}


def signals(bars, params):
    close = bars["close"]
    above = close.rolling(params.fast).mean() > close.rolling(params.slow).mean()
    before = above.shift(1, fill_value=False)
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = (above & ~before & (close > close.shift(params.momentum))).astype(float)
    out["exit_long"] = (~above & before).astype(float)
    return out
'''

TOML = """[strategy]
kind = "signals"
target = "strategy:signals"
params = "strategy:Params"

[data]
path = "data/*.parquet"
timeframe = "5m"

[costs]
fee_bps = {{ maker = {fee}, taker = {fee} }}
slippage_bps = 0.0
funding = false

[vault]
from = 0.2
"""

THEIRS = '''"""A crossing of two averages, long only."""

from freqtrade.strategy import IntParameter, IStrategy


class Crossing(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    minimal_roi = {{"0": 1000.0}}
    stoploss = -0.99
    use_exit_signal = True
    startup_candle_count = 0
{fields}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def crossed(self, dataframe):
        close = dataframe["close"]
        above = close.rolling(self.fast.value).mean() > close.rolling(self.slow.value).mean()
        return above, above.shift(1, fill_value=False)

    def populate_entry_trend(self, dataframe, metadata):
        close = dataframe["close"]
        above, before = self.crossed(dataframe)
        rising = close > close.shift(self.momentum.value)
        dataframe.loc[above & ~before & rising, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        above, before = self.crossed(dataframe)
        dataframe.loc[~above & before, "exit_long"] = 1
        return dataframe
'''


def our_system() -> dict[str, str]:
    """File name -> text of the system."""
    fields = "\n".join(f"    {name}: int = {default}" for name, (_, _, default) in SPACE.items())
    return {"strategy.py": OURS.format(fields=fields), "mendel.toml": TOML.format(fee=FEE_BPS)}


def their_strategy() -> str:
    """The same as a freqtrade strategy."""
    fields = "\n".join(
        f'    {name} = IntParameter({low}, {high}, default={default}, space="buy")'
        for name, (low, high, default) in SPACE.items()
    )
    return THEIRS.format(fields=fields)


def our_ranges() -> tuple[str, ...]:
    """SPACE as ``IntelligentOptimizer`` takes it."""
    return tuple(f"{name}={low}..{high}" for name, (low, high, _) in SPACE.items())
