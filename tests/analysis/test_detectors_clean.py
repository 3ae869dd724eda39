"""Sound code of different styles, on which every detector stays silent."""

import textwrap

import pytest

from tools.analysis.architecture import analyze_architecture
from tools.analysis.detectors.registry import detect_suspects
from tools.analysis.source import SourceTree

TREND = '''
"""Trend following with config, context managers and guards."""
from __future__ import annotations
import logging
from dataclasses import dataclass
import numpy as np
import pandas as pd

log = logging.getLogger(__name__)
REQUIRED = ("open", "high", "low", "close", "volume")

@dataclass(frozen=True)
class TrendParams:
    fast: int = 20
    slow: int = 100
    atr_length: int = 14
    stop_atr: float = 2.0
    min_volume_ratio: float = 1.2

def atr(df: pd.DataFrame, n: int) -> pd.Series:
    prev = df["close"].shift(1)
    spans = [df["high"] - df["low"], (df["high"] - prev).abs(), (df["low"] - prev).abs()]
    return pd.concat(spans, axis=1).max(axis=1).ewm(alpha=1 / n, min_periods=n).mean()

def check(df: pd.DataFrame) -> None:
    missing = [c for c in REQUIRED if c not in df]
    if missing:
        raise ValueError(f"columns {missing} are missing")
    if (df["volume"] < 0).any() or df["close"].min() <= 0:
        raise ValueError("negative volume or price")

def signals(df: pd.DataFrame, params: TrendParams) -> pd.DataFrame:
    check(df)
    fast = df["close"].ewm(span=params.fast).mean()
    slow = df["close"].ewm(span=params.slow).mean()
    busy = df["volume"] / df["volume"].rolling(50).mean().replace(0, np.nan) > params.min_volume_ratio
    out = pd.DataFrame(index=df.index)
    up = (fast > slow) & (fast.shift(1) <= slow.shift(1)) & busy
    out["enter_long"] = up.astype(float)
    out["exit_long"] = (fast < slow).astype(float)
    out["stop"] = (params.stop_atr * atr(df, params.atr_length) / df["close"]).clip(lower=0.001, upper=0.2)
    log.info("%d entries", int(up.sum()))
    return out
'''

REVERSION = '''
"""Mean reversion with rolling z-scores, RSI, and numpy arrays."""
import numpy as np
import pandas as pd

def rsi(close, n=14):
    change = close.diff()
    gain = change.clip(lower=0).ewm(alpha=1 / n).mean()
    loss = (-change.clip(upper=0)).ewm(alpha=1 / n).mean()
    return 100 - 100 / (1 + gain / loss.replace(0, np.nan))

def signals(df, z_entry=2.0, z_exit=0.3, length=48):
    close = df["close"]
    mean, deviation = close.rolling(length).mean(), close.rolling(length).std()
    z = (close - mean) / (deviation + 1e-12)
    r = rsi(close).to_numpy()
    oversold = (r < 30) & (z.to_numpy() < -z_entry)
    overbought = (r > 70) & (z.to_numpy() > z_entry)
    dull = np.abs(np.log(close / close.shift(12))) < 0.05
    df = df.assign(
        enter_long=oversold & dull, enter_short=overbought & dull, exit_long=z > -z_exit, exit_short=z < z_exit
    )
    return df
'''

BREAKOUT = '''
"""Breakout of the previous range, in a class, with higher timeframe and session filter."""
import pandas as pd

class Breakout:
    """Donchian breakout."""
    timeframe = "5m"
    channel = 55

    def __init__(self, channel: int | None = None, quantile: float = 0.8):
        if channel is not None:
            self.channel = channel
        self.quantile = quantile

    def populate(self, df: pd.DataFrame) -> pd.DataFrame:
        df["upper"] = df["high"].rolling(self.channel).max().shift(1)
        df["lower"] = df["low"].rolling(self.channel).min().shift(1)
        df["turnover"] = df["volume"] * df["close"]
        df["busy"] = df["turnover"] > df["turnover"].rolling(288).quantile(self.quantile).shift(1)
        hourly = df["close"].resample("1h").last().shift(1).ewm(span=24).mean()
        df["trend"] = hourly.reindex(df.index, method="ffill")
        session = (df.index.hour >= 7) & (df.index.hour < 21)
        df.loc[(df["close"] > df["upper"]) & df["busy"] & (df["close"] > df["trend"]) & session, "enter_long"] = 1
        df.loc[df["close"] < df["lower"], "exit_long"] = 1
        return df

def signals(df):
    return Breakout().populate(df.copy())
'''

SCORE = '''
"""Score-based, with flow, open interest and funding."""
import logging
import numpy as np
import pandas as pd

logger = logging.getLogger(__name__)
WEIGHTS = {"flow": 2.0, "oi": 1.5, "funding": 1.0, "candle": 1.0}
CUT = 3.5

def rank_of(x, n=288):
    return x.rolling(n, min_periods=50).rank(pct=True)

def flow(df):
    span = (df["high"] - df["low"]).where(lambda x: x > 0)
    delta = (df["volume"] * (2 * df["close"] - df["high"] - df["low"]) / span).fillna(0.0)
    return delta.rolling(6).sum() / df["volume"].rolling(6).sum()

def open_interest(df):
    if "open_interest" not in df:
        logger.warning("no open interest: its points are left out")
        return pd.Series(0.0, index=df.index)
    oi = df["open_interest"].ffill()
    return (oi.pct_change(12, fill_method=None) > 0.01).astype(float)

def signals(df, params=None):
    cvd = (df["volume"] * np.sign(df["close"] - df["open"])).cumsum()
    slope = cvd.diff(12) / df["volume"].rolling(12).sum()
    away = (cvd - cvd.rolling(96).mean()) / cvd.rolling(96).std()
    score = WEIGHTS["flow"] * (flow(df) > 0.1) + WEIGHTS["oi"] * open_interest(df)
    score = score + WEIGHTS["candle"] * (rank_of(df["volume"]) > 0.9)
    if "funding_rate" in df:
        score += WEIGHTS["funding"] * (df["funding_rate"] < 0.0001)
    out = pd.DataFrame({"enter_long": (score >= CUT) & (slope > 0.05) & (away < 2)}, index=df.index)
    return out
'''

STATEFUL = '''
"""A stateful process, fed bar by bar."""
from __future__ import annotations
from collections import deque
from dataclasses import dataclass, field

@dataclass
class State:
    closes: deque = field(default_factory=lambda: deque(maxlen=50))
    volumes: deque = field(default_factory=lambda: deque(maxlen=50))
    waiting: int = 0

@dataclass(frozen=True)
class Settings:
    ratio: float = 1.5
    cooldown: int = 6

class Process:
    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.state: dict[str, State] = {}

    def on_bar(self, symbol: str, bar: dict) -> dict:
        state = self.state.setdefault(symbol, State())
        state.closes.append(bar["close"])
        state.volumes.append(bar["volume"])
        if len(state.closes) < 50:
            return {"orders": []}
        state.waiting = max(0, state.waiting - 1)
        usual = sum(state.volumes) / len(state.volumes)
        if bar["volume"] < self.settings.ratio * usual or state.waiting:
            return {"orders": []}
        if bar["close"] <= max(list(state.closes)[:-1]):
            return {"orders": []}
        state.waiting = self.settings.cooldown
        return {"orders": [{"symbol": symbol, "side": "buy", "fraction": 0.1}]}

def signals(df):
    process = Process()
    fired = [bool(process.on_bar("X", row)["orders"]) for row in df.to_dict("records")]
    df["enter_long"] = fired
    return df
'''

VOLATILITY = '''
"""Volatility target in vectorised numpy, with numba-style loops and a registry."""
import math
import numpy as np
import pandas as pd

INDICATORS = {}
BARS_A_YEAR = 105_120

def register(name):
    def wrap(function):
        INDICATORS[name] = function
        return function
    return wrap

@register("ewma")
def ewma(x, alpha):
    out = np.empty(len(x))
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = alpha * x[i] + (1 - alpha) * out[i - 1]
    return out

@register("vol")
def realised(returns, alpha=0.03):
    return np.sqrt(ewma(returns**2, alpha) * BARS_A_YEAR)

def signals(df, target=0.4, cap=1.0):
    close = df["close"].to_numpy(dtype=float)
    returns = np.zeros(len(close))
    returns[1:] = np.diff(np.log(close))
    volatility = INDICATORS["vol"](returns)
    size = np.clip(target / np.maximum(volatility, 1e-9), 0.01, cap)
    momentum = close / np.roll(close, 288) - 1.0
    momentum[:288] = 0.0
    enter = (momentum > 0.01) & (volatility < 2.0)
    leave = (momentum < 0) | (volatility > 3 * math.sqrt(target))
    return pd.DataFrame({"enter_long": enter, "exit_long": leave, "size": size}, index=df.index)
'''

FREQTRADE = '''
"""A freqtrade strategy as people write them."""
from functools import reduce
import talib.abstract as ta
from freqtrade.strategy import IStrategy, IntParameter, DecimalParameter
from pandas import DataFrame

class Dip(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    stoploss = -0.08
    minimal_roi = {"0": 0.05, "60": 0.02}
    order_types = {"entry": "limit", "exit": "limit"}
    buy_rsi = IntParameter(10, 40, default=30, space="buy")
    volume_factor = DecimalParameter(1.0, 3.0, default=1.4, space="buy")

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        dataframe["ema_200"] = ta.EMA(dataframe, timeperiod=200)
        dataframe["volume_mean"] = dataframe["volume"].rolling(30).mean().shift(1)
        dataframe["bb_lower"] = dataframe["close"].rolling(20).mean() - 2 * dataframe["close"].rolling(20).std()
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        conditions = [
            dataframe["rsi"] < self.buy_rsi.value,
            dataframe["close"] < dataframe["bb_lower"],
            dataframe["volume"] > dataframe["volume_mean"] * self.volume_factor.value,
            dataframe["volume"] > 0,
        ]
        dataframe.loc[reduce(lambda x, y: x & y, conditions), ["enter_long", "enter_tag"]] = (1, "dip")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[(dataframe["rsi"] > 70) & (dataframe["close"] > dataframe["ema_200"]), "exit_long"] = 1
        return dataframe

def signals(df):
    return Dip()
'''

REPORT = '''
"""A strategy with its report, labels, caches and careful handlers."""
import datetime
import json
import os
import time
from functools import lru_cache
from pathlib import Path
import numpy as np
import pandas as pd

_FRAMES: dict[str, pd.DataFrame] = {}
DATA = Path(os.environ.get("DATA_DIR", "data"))

def load(path: str) -> pd.DataFrame:
    if path not in _FRAMES:
        _FRAMES[path] = pd.read_parquet(path)
    return _FRAMES[path]

@lru_cache(maxsize=None)
def weights(n: int) -> tuple[float, ...]:
    return tuple(2 * (i + 1) / (n * (n + 1)) for i in range(n))

def wma(x: pd.Series, n: int) -> pd.Series:
    return x.rolling(n).apply(lambda v: float(np.dot(v, weights(n))), raw=True)

def read_config(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except Exception as error:
        raise RuntimeError(f"{path} cannot be read: {error}") from error

def summary(equity: pd.Series, trades: pd.DataFrame) -> dict:
    returns = equity.pct_change().dropna()
    drawdown = equity / equity.cummax() - 1
    best = trades["pnl"].max()
    return {
        "sharpe": returns.mean() / returns.std(),
        "max_drawdown": drawdown.min(),
        "best": best,
        "share": trades["pnl"] / trades["pnl"].sum(),
        "made": datetime.datetime.now(datetime.timezone.utc).isoformat(),
    }

def training_labels(df: pd.DataFrame, horizon: int = 12) -> pd.Series:
    future_return = df["close"].shift(-horizon) / df["close"] - 1
    return np.sign(future_return)

def fit(df: pd.DataFrame, lengths: list = []) -> int:
    started = time.time()
    best = max(lengths or [10, 20], key=lambda n: wma(df["close"], n).diff().abs().sum())
    print(f"fitted in {time.time() - started:.1f} s")
    return best

def signals(df: pd.DataFrame, length: int = 21) -> pd.DataFrame:
    average = wma(df["close"], length)
    peak = df["close"].rolling(length).max()
    out = pd.DataFrame(index=df.index)
    out["enter_long"] = ((df["close"] > average) & (df["close"] == peak)).astype(int)
    out["exit_long"] = (df["close"] < average).astype(int)
    return out
'''

CLEAN = {
    "trend": TREND, "reversion": REVERSION, "breakout": BREAKOUT, "score": SCORE, "stateful": STATEFUL,
    "volatility": VOLATILITY, "freqtrade": FREQTRADE, "report": REPORT,
}  # fmt: skip


@pytest.mark.parametrize("style", CLEAN)
@pytest.mark.parametrize("target", ["strat:signals", None])
def test_silent_on_sound_code(style: str, target: str | None) -> None:
    tree = SourceTree.from_files({"strat.py": textwrap.dedent(CLEAN[style])})
    arch = analyze_architecture(
        tree, target=target, params=None, columns=("open", "high", "low", "close", "volume", "open_interest")
    )
    assert [(f.category, f.line, f.summary) for f in detect_suspects(tree, arch)] == []


@pytest.mark.parametrize("style", CLEAN)
def test_the_flow_of_sound_code_reaches_its_entry(style: str) -> None:
    """Silence means something only where the way from the columns to the decision was followed."""
    tree = SourceTree.from_files({"strat.py": textwrap.dedent(CLEAN[style])})
    arch = analyze_architecture(tree, target="strat:signals", params=None, columns=("close", "volume"))
    entries = [row for row in arch.to_json()["decisions"] if row["name"] in ("enter_long", "orders")]
    assert any("close" in row["columns"] and row["conditions"] for row in entries), entries
