"""A freqtrade strategy that is sound, and the same with one defect each: looks at later candles, and values that depend on
where the candles start. These are the kinds that freqtrade's own two analyses are for."""

from __future__ import annotations

from dataclasses import dataclass

CLASS = "Swing"
CLEAN = '''"""A pullback in a trend, long only."""

import numpy as np
from freqtrade.strategy import IStrategy


class Swing(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    minimal_roi = {"0": 0.03}
    stoploss = -0.03
    use_exit_signal = True
    startup_candle_count = 300

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = dataframe["close"].rolling(24).mean()
        dataframe["slow"] = dataframe["close"].rolling(144).mean()
        dataframe["spread"] = dataframe["close"].rolling(96).std()
        dataframe["stretch"] = (dataframe["close"] - dataframe["fast"]) / dataframe["spread"]
        dataframe["usual"] = dataframe["volume"].rolling(144).mean()
        dataframe["busy"] = dataframe["volume"] / dataframe["usual"]
        dataframe["level"] = dataframe["spread"].rolling(288).quantile(0.3)
        dataframe["before"] = dataframe["close"].shift(12)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        up = (dataframe["fast"] > dataframe["slow"]) & (dataframe["close"] > dataframe["before"] * 0.995)
        dip = (dataframe["stretch"] < -0.5) & (dataframe["busy"] > 0.8)
        wide = dataframe["spread"] > dataframe["level"]
        dataframe.loc[up & dip & wide, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        over = (dataframe["stretch"] > 1.0) | (dataframe["fast"] < dataframe["slow"])
        dataframe.loc[over, "exit_long"] = 1
        return dataframe
'''
LOOKAHEAD, START = "lookahead", "start"
#: Categories of findings that name the defect of each kind.
FITS = {
    LOOKAHEAD: frozenset({"lookahead"}),
    START: frozenset({"start_dependence", "cumulative_origin", "absolute_threshold", "gap_alignment"}),
}


@dataclass(frozen=True)
class Case:
    """One defect: ``old`` occurs once in CLEAN and becomes ``new``. ``kind`` is LOOKAHEAD or START."""

    name: str
    kind: str
    old: str
    new: str

    @property
    def source(self) -> str:
        """The strategy with the defect."""
        return CLEAN.replace(self.old, self.new)

    @property
    def line(self) -> int:
        """Where it is."""
        return CLEAN[: CLEAN.index(self.old)].count("\n") + 1


def _case(name: str, kind: str, old: str, new: str) -> Case:
    return Case(name, kind, f'dataframe["{old}', f'dataframe["{new}')


CASES = (
    _case("shift_minus_one", LOOKAHEAD, 'close"].shift(12)', 'close"].shift(-1)'),
    _case("whole_sample_mean", LOOKAHEAD, 'volume"].rolling(144).mean()', 'volume"].mean()'),
    _case("whole_sample_std", LOOKAHEAD, 'close"].rolling(96).std()', 'close"].std()'),
    _case(
        "whole_sample_quantile", LOOKAHEAD, 'spread"].rolling(288).quantile(0.3)', 'spread"].quantile(0.3)'
    ),
    _case("centred", LOOKAHEAD, 'close"].rolling(24).mean()', 'close"].rolling(24, center=True).mean()'),
    _case(
        "backfill",
        LOOKAHEAD,
        'close"].shift(12)',
        'close"].where(dataframe.index % 12 == 0).bfill()',
    ),
    _case("last_value", LOOKAHEAD, 'close"].shift(12)', 'close"].iloc[-1]'),
    _case("reversed", LOOKAHEAD, 'close"].rolling(144).mean()', 'close"][::-1].rolling(144).mean()[::-1]'),
    _case("running_total", START, 'volume"].rolling(144).mean()', 'volume"].cumsum() / 1000'),
    _case("expanding_mean", START, 'volume"].rolling(144).mean()', 'volume"].expanding().mean()'),
    _case(
        "long_memory",
        START,
        'close"].rolling(144).mean()',
        'close"].ewm(span=3000, adjust=False).mean()',
    ),
    _case(
        "counted_rows",
        START,
        'close"].shift(12)',
        'close"].where(np.arange(len(dataframe)) % 36 == 0).ffill()',
    ),
)
