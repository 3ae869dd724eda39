"""Strategies that see the future and strategies that only look as if they did. ``f(bars) -> DataFrame``.

The first of each kind were there while the check was written; what stands below HELD BACK was written afterwards
and the check was not changed for it. At first sight, on 8 markets of 4,000 and 20,000 bars: 134 of 136 peeks proven
(both misses are the one on 0.35 % of the bars), 0 of 152 sound runs accused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Strategy = Callable[[pd.DataFrame], pd.DataFrame]
GOOD: dict[str, Strategy] = {}
BAD: dict[str, Strategy] = {}
HELD_GOOD: dict[str, Strategy] = {}
HELD_BAD: dict[str, Strategy] = {}
#: A peek on one bar in two thousand: found in 1 of 8 markets at first sight.
TOO_RARE: dict[str, Strategy] = {}


def among(kind: dict[str, Strategy]) -> Callable[[Strategy], Strategy]:
    """Put a strategy among the others of its kind."""

    def add(strategy: Strategy) -> Strategy:
        kind[strategy.__name__] = strategy
        return strategy

    return add


def decide(long: object, bars: pd.DataFrame, **more: object) -> pd.DataFrame:
    """Long where asked, out elsewhere."""
    wanted = pd.Series(np.asarray(long, dtype=float), bars.index).fillna(0.0) > 0
    return pd.DataFrame({"enter_long": wanted, "exit_long": ~wanted, **more}, index=bars.index)


def atr(bars: pd.DataFrame, n: int = 14) -> pd.Series:
    """Wilder's average true range."""
    before = bars["close"].shift(1)
    reach = pd.concat(
        [bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()], axis=1
    )
    return reach.max(axis=1).ewm(alpha=1 / n, adjust=False).mean()


@among(GOOD)
def ema_200(bars):
    return decide(bars["close"] > bars["close"].ewm(span=200, adjust=False).mean(), bars)


@among(GOOD)
def wilder_rsi(bars):
    change = bars["close"].diff()
    up = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    down = (-change.clip(upper=0)).ewm(alpha=1 / 14, adjust=False).mean()
    return decide(100 - 100 / (1 + up / down) > 55, bars)


@among(GOOD)
def atr_breakout(bars):
    size = atr(bars)
    return decide(
        bars["close"] > bars["close"].shift(1) + size, bars, stop=(size / bars["close"]).clip(0, 0.5)
    )


@among(GOOD)
def supertrend(bars):
    middle, size = (bars["high"] + bars["low"]) / 2, atr(bars, 10)
    upper, lower = (middle + 3 * size).to_numpy(), (middle - 3 * size).to_numpy()
    close, up, trend = bars["close"].to_numpy(), True, []
    top, bottom = np.inf, -np.inf
    for k in range(len(close)):
        top = min(upper[k], top) if not up else upper[k]
        bottom = max(lower[k], bottom) if up else lower[k]
        up = close[k] > bottom if up else close[k] > top
        trend.append(up)
    return decide(trend, bars)


@among(GOOD)
def rolling_z(bars):
    close = bars["close"]
    return decide((close - close.rolling(100).mean()) / close.rolling(100).std() < -1, bars)


@among(BAD)
def whole_sample_norm(bars):
    return decide((bars["close"] - bars["close"].mean()) / bars["close"].std() > 0, bars)


@among(BAD)
def shifted_signal_nan_is_false(bars):
    return decide((bars["close"] > bars["open"]).astype(float).shift(-1), bars)


@among(BAD)
def centred_window(bars):
    return decide(bars["close"] < bars["close"].rolling(21, center=True).mean(), bars)


@among(BAD)
def back_filled_warm_up(bars):
    return decide(bars["close"] > bars["close"].rolling(50).mean().bfill(), bars)


@among(BAD)
def resample_peeks(bars):
    hourly = bars["close"].resample("1h").last()
    return decide(hourly.reindex(bars.index, method="ffill") > bars["close"], bars)


@among(BAD)
def peek_on_one_percent(bars):
    sound = bars["close"] > bars["close"].rolling(30).mean()
    seen = bars["close"].shift(-1) > bars["close"]
    sometimes = np.arange(len(bars)) % 100 == 37
    return decide(np.where(sometimes, seen, sound), bars)


# ---------------------------------------------------------------- HELD BACK: sound


@among(HELD_GOOD)
def macd_cross(bars):
    line = bars["close"].ewm(span=12, adjust=False).mean() - bars["close"].ewm(span=26, adjust=True).mean()
    return decide(line > line.ewm(span=9, adjust=False).mean(), bars)


@among(HELD_GOOD)
def state_machine(bars):
    close = bars["close"]
    z = ((close - close.rolling(60).mean()) / close.rolling(60).std()).to_numpy()
    held, wanted = False, []
    for value in z:
        held = value < 0 if held else value < -1.5
        wanted.append(held)
    return decide(wanted, bars)


@among(HELD_GOOD)
def alpha_beta_filter(bars):
    level, speed, wanted = float(bars["close"].iloc[0]), 0.0, []
    for price in bars["close"]:
        guess = level + speed
        miss = price - guess
        level, speed = guess + 0.1 * miss, speed + 0.005 * miss
        wanted.append(speed > 0)
    return decide(wanted, bars)


@among(HELD_GOOD)
def expanding_mean(bars):
    return decide(bars["close"] < bars["close"].expanding(100).mean(), bars)


@among(HELD_GOOD)
def donchian_with_trail(bars):
    top = bars["high"].rolling(55).max().shift(1)
    return decide(bars["close"] > top, bars, trail=(2 * atr(bars) / bars["close"]).clip(0, 0.5))


@among(HELD_GOOD)
def vwap_of_the_day(bars):
    day = bars.index.floor("1D")
    money = (bars["close"] * bars["volume"]).groupby(day).cumsum()
    return decide(bars["close"] > money / bars["volume"].groupby(day).cumsum(), bars)


@among(HELD_GOOD)
def last_known_funding(bars):
    return decide(bars["funding"].ffill() < 0, bars)


@among(HELD_GOOD)
def finished_hours_only(bars):
    hourly = bars["close"].resample("1h").last()
    known = hourly.rolling(3).mean().shift(1).reindex(bars.index, method="ffill")
    return decide(bars["close"] > known, bars)


@among(HELD_GOOD)
def on_balance_volume(bars):
    total = (np.sign(bars["close"].diff().fillna(0)) * bars["volume"]).cumsum()
    return decide(total > total.ewm(span=50, adjust=False).mean(), bars)


@among(HELD_GOOD)
def all_time_high(bars):
    return decide(bars["close"] > 0.99 * bars["close"].cummax(), bars)


@among(HELD_GOOD)
def seeded_coin(bars):
    return decide(np.random.default_rng(5).random(len(bars)) > 0.6, bars)


@among(HELD_GOOD)
def volume_quantile_and_correlation(bars):
    busy = bars["volume"] > bars["volume"].rolling(288).quantile(0.8)
    together = bars["close"].pct_change().rolling(48).corr(bars["flow"])
    return decide(busy & (together > 0), bars)


@among(HELD_GOOD)
def adaptive_average(bars):
    close = bars["close"].to_numpy()
    way = bars["close"].diff().abs().rolling(10).sum().to_numpy()
    level, wanted = close[0], []
    for k in range(len(close)):
        straight = abs(close[k] - close[k - 10]) / way[k] if k >= 10 and way[k] > 0 else 0.0
        level += (straight * 0.6 + 0.06) ** 2 * (close[k] - level)
        wanted.append(close[k] > level)
    return decide(wanted, bars)


@among(HELD_GOOD)
def confirmed_pivot(bars):
    low = bars["low"]
    pivot = low.shift(2) == low.rolling(5).min()
    return decide(pivot, bars, max_bars=np.full(len(bars), 6.0))


# ---------------------------------------------------------------- HELD BACK: peeks


@among(HELD_BAD)
def rare_peek_far_ahead(bars):
    later = bars["close"][::-1].rolling(12).max()[::-1].shift(-1)
    rarely = np.random.default_rng(9).random(len(bars)) < 0.01
    return decide(np.where(rarely, later > bars["close"] * 1.003, bars["close"] > bars["open"]), bars)


@among(HELD_BAD)
def whole_sample_rank(bars):
    return decide(bars["volume"].rank(pct=True) > 0.9, bars)


@among(HELD_BAD)
def interpolated_funding(bars):
    return decide(bars["funding"].interpolate() > 0, bars)


@among(HELD_BAD)
def central_difference(bars):
    return decide(np.gradient(bars["close"].to_numpy()) > 0, bars)


@among(HELD_BAD)
def symmetric_smoother(bars):
    smooth = np.convolve(bars["close"], np.ones(15) / 15, mode="same")
    return decide(bars["close"].to_numpy() < smooth, bars)


@among(HELD_BAD)
def high_of_the_day(bars):
    top = bars["high"].groupby(bars.index.floor("1D")).transform("max")
    return decide(bars["close"] < 0.98 * top, bars)


@among(HELD_BAD)
def scaled_to_the_sample(bars):
    close = bars["close"]
    return decide((close - close.min()) / (close.max() - close.min()) < 0.3, bars)


@among(HELD_BAD)
def first_four_fifths(bars):
    late = np.arange(len(bars)) > 0.8 * len(bars)
    return decide(late & (bars["close"] > bars["open"]).to_numpy(), bars)


@among(HELD_BAD)
def unconfirmed_pivot(bars):
    low = bars["low"]
    return decide((low < low.shift(1)) & (low < low.shift(-1)) & (low < low.shift(-2)), bars)


@among(HELD_BAD)
def detrended(bars):
    x = np.arange(len(bars))
    line = np.polyval(np.polyfit(x, bars["close"], 2), x)
    return decide(bars["close"].to_numpy() < line, bars)


@among(HELD_BAD)
def fitted_on_everything(bars):
    change = bars["close"].pct_change().fillna(0).to_numpy()
    slope = np.polyfit(change[:-1], change[1:], 1)
    return decide(np.polyval(slope, change) > 0, bars)


@among(HELD_BAD)
def forward_and_backward(bars):
    once = bars["close"].ewm(span=10, adjust=False).mean()
    return decide(bars["close"] < once[::-1].ewm(span=10, adjust=False).mean()[::-1], bars)


@among(HELD_BAD)
def stop_below_the_future_low(bars):
    later = bars["low"][::-1].rolling(5).min()[::-1].shift(-1)
    distance = ((bars["close"] - later) / bars["close"] * 1.01).clip(0.001, 0.5).fillna(0.02)
    return decide(bars["close"] > bars["close"].rolling(50).mean(), bars, stop=distance)


@among(HELD_BAD)
def out_before_the_end(bars):
    left = bars.index[-1] - bars.index
    return decide((left > pd.Timedelta("2D")) & (bars["close"] > bars["open"]), bars)


@among(HELD_BAD)
def volume_still_to_come(bars):
    later = bars["volume"][::-1].cumsum()[::-1]
    return decide(later > bars["volume"].cumsum(), bars)


@among(HELD_BAD)
def sample_quantile(bars):
    change = bars["close"].pct_change()
    return decide(change < change.quantile(0.1), bars)


@among(HELD_BAD)
def peek_on_a_quiet_hour(bars):
    seen = bars["close"].shift(-2) < bars["close"]
    quiet = (bars.index.hour == 3) & (bars.index.minute == 35)
    return decide(np.where(quiet, seen, bars["volume"] > bars["volume"].rolling(50).mean()), bars)


@among(TOO_RARE)
def peek_on_one_bar_a_week(bars):
    seen = bars["close"].shift(-1) > bars["close"]
    once = (bars.index.dayofweek == 0) & (bars.index.hour == 13) & (bars.index.minute == 5)
    return decide(np.where(once, seen, bars["close"] > bars["close"].rolling(30).mean()), bars)
