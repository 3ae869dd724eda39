"""The compiled walk of one synthetic symbol, minute by minute. Importing this module imports numba.

Everything random comes in as arrays, so that a seed fixes a world on every machine and two worlds that differ
in their effects alone share every draw. Standardised shocks, flow and open interest decide where events are;
the planted drift does not enter them, so a placebo world has the same events as its twin.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from tools.contracts import Floats, Ints

# Rows of the noise array: what each stream of draws drives.
SHOCK, VOLATILITY, VOLUME_STATE, VOLUME_NOISE, FLOW_STATE, FLOW_NOISE, OI_NOISE, OI_FLOW, PREMIUM = range(9)
UP_A, UP_B, DOWN_A, DOWN_B = range(9, 13)
NOISES = 13
# Rows of the output.
OPEN, HIGH, LOW, CLOSE, QUOTE, IMBALANCE, OI, RATE = range(8)
OUTPUTS = 8
# Columns of the symbol and effect parameters.
PRICE, SIGMA, DAILY_USDT, BETA = range(4)
DIVERGENCE, SQUEEZE, SESSION, TREND, PROFILE = range(5)
_MINUTES_A_DAY = 1440
_LOOKBACK = 15  # minutes of price and flow that make an event
_OI_LOOKBACK = 30
_ARCH_CAP = 3.0
_PROFILE_MINUTES = 1440
_PROFILE_BINS = 24
_PROFILE_FAR = 0.25  # of the day's range


def _smooth(noise: Floats, keep: float, scale: float) -> Floats:
    """An AR(1) path: each value keeps ``keep`` of the one before and adds ``scale`` x noise."""
    out = np.empty_like(noise)
    state = 0.0
    for i in range(noise.shape[0]):
        state = keep * state + scale * noise[i]
        out[i] = state
    return out


def _regimes(switch: Floats, choice: Ints, chance: float) -> Ints:
    """A regime code for each minute; a switch happens where ``switch`` falls below ``chance``."""
    out = np.empty_like(choice)
    state = 0
    for i in range(choice.shape[0]):
        if switch[i] < chance:
            state = choice[i]
        out[i] = state
    return out


def _towards_control(prices: Floats, volumes: Floats, log_price: float) -> float:
    """+1 or -1 towards the price (log) at which most was traded, 0 where it is near or there is no range."""
    low, high = prices.min(), prices.max()
    if high <= low:
        return 0.0
    held = np.zeros(_PROFILE_BINS)
    for i in range(prices.shape[0]):
        place = int((prices[i] - low) / (high - low) * _PROFILE_BINS)
        held[min(place, _PROFILE_BINS - 1)] += volumes[i]
    control = low + (np.argmax(held) + 0.5) * (high - low) / _PROFILE_BINS
    far = (control - log_price) / (high - low)
    return np.sign(far) if abs(far) > _PROFILE_FAR else 0.0


def _walk(
    symbol: Floats,
    strengths: Floats,
    horizons: Ints,
    market_shock: Floats,
    level: Floats,
    season: Floats,
    drift: Floats,
    session: Floats,
    noise: Floats,
    bar_minutes: int,
    out: Floats,
    events: Ints,
) -> None:
    """Fills ``out`` (OUTPUTS, minutes) and ``events`` (2, minutes; +1 or -1 at a bar's last minute, else 0).

    ``level`` is the market's volatility factor, ``drift`` the regime's direction and ``session`` the
    hour's (they sum to about 0 over a day, so that no price runs away), one value a minute."""
    minutes = market_shock.shape[0]
    own_share = np.sqrt(1.0 - symbol[BETA] ** 2)
    log_price, arch, own_volatility, volume_state, flow_state = np.log(symbol[PRICE]), 1.0, 0.0, 0.0, 0.0
    log_oi, premium = 0.0, 0.0
    left_divergence, left_squeeze, to_divergence, to_squeeze = 0, 0, 0.0, 0.0
    left_profile, to_profile = 0, 0.0
    day_price, day_volume = np.full(_PROFILE_MINUTES, log_price), np.zeros(_PROFILE_MINUTES)
    recent_z, recent_flow, recent_oi = np.zeros(_LOOKBACK), np.zeros(_LOOKBACK), np.zeros(_OI_LOOKBACK)
    sum_z, sum_flow = 0.0, 0.0
    for t in range(minutes):
        own_volatility = 0.995 * own_volatility + 0.015 * noise[VOLATILITY, t]
        sigma = symbol[SIGMA] * level[t] * np.sqrt(season[t] * arch) * np.exp(own_volatility)
        z = symbol[BETA] * market_shock[t] + own_share * noise[SHOCK, t]
        push = strengths[TREND] * drift[t] + session[t] * strengths[SESSION] / np.sqrt(horizons[SESSION])
        if left_divergence > 0:
            push += to_divergence * strengths[DIVERGENCE] / np.sqrt(horizons[DIVERGENCE])
            left_divergence -= 1
        if left_squeeze > 0:
            push += to_squeeze * strengths[SQUEEZE] / np.sqrt(horizons[SQUEEZE])
            left_squeeze -= 1
        if left_profile > 0:
            push += to_profile * strengths[PROFILE] / np.sqrt(horizons[PROFILE])
            left_profile -= 1
        # Capped, or a few shocks in a row make tails that no market has.
        arch = min(0.06 + 0.08 * min(z * z, 9.0) * arch + 0.86 * arch, _ARCH_CAP)
        opened, log_price = log_price, log_price + sigma * (z + push)
        out[OPEN, t], out[CLOSE, t] = np.exp(opened), np.exp(log_price)
        # The extremes of a Brownian bridge from open to close: with any other wicks, stops or targets inside
        # the bar would have an edge in a world that has none. -2 ln U is the sum of two squared normals.
        moved = log_price - opened
        up = noise[UP_A, t] ** 2 + noise[UP_B, t] ** 2
        down = noise[DOWN_A, t] ** 2 + noise[DOWN_B, t] ** 2
        out[HIGH, t] = np.exp(opened + 0.5 * (moved + np.sqrt(moved * moved + sigma * sigma * up)))
        out[LOW, t] = np.exp(opened + 0.5 * (moved - np.sqrt(moved * moved + sigma * sigma * down)))
        # Volume: persistent, higher in busy hours, in turbulence and on large moves.
        volume_state = 0.97 * volume_state + 0.12 * noise[VOLUME_STATE, t]
        busy = volume_state + 0.3 * noise[VOLUME_NOISE, t] + 0.25 * min(abs(z), 5.0) - 0.36
        out[QUOTE, t] = symbol[DAILY_USDT] / _MINUTES_A_DAY * season[t] * level[t] * np.exp(busy)
        day_price[t % _PROFILE_MINUTES] = log_price
        day_volume[t % _PROFILE_MINUTES] = out[QUOTE, t] / out[CLOSE, t]
        # Taker flow: persistent, and in the same minute correlated with the return.
        flow_state = 0.9 * flow_state + 0.436 * noise[FLOW_STATE, t]
        pressure = 0.55 * z + 0.5 * flow_state + 0.5 * noise[FLOW_NOISE, t]
        imbalance = np.tanh(0.28 * pressure)
        out[IMBALANCE, t] = imbalance
        # Open interest: mean-reverting, moved by flow, cut by violent moves.
        cut = 0.004 * (abs(z) - 4.0) if abs(z) > 4.0 else 0.0
        log_oi += (
            -0.0002 * log_oi + 0.0006 * noise[OI_NOISE, t] + 0.0004 * abs(pressure) * noise[OI_FLOW, t] - cut
        )
        out[OI, t] = np.exp(log_oi)
        premium = 0.9995 * premium + 0.00002 * pressure + 0.000005 * noise[PREMIUM, t]
        out[RATE, t] = min(max(0.33 * (0.0001 + premium), -0.003), 0.003)
        slot, oi_slot = t % _LOOKBACK, t % _OI_LOOKBACK
        sum_z += z - recent_z[slot]
        sum_flow += imbalance - recent_flow[slot]
        recent_z[slot], recent_flow[slot] = z, imbalance
        oi_change = log_oi - recent_oi[oi_slot]
        recent_oi[oi_slot] = log_oi
        # Events are seen at a bar's close and act from the next bar on.
        if t < 60 or (t + 1) % bar_minutes != 0:
            continue
        move, flow = sum_z / np.sqrt(_LOOKBACK), sum_flow / 2.2
        if strengths[PROFILE] != 0.0 and left_profile == 0 and t >= _PROFILE_MINUTES:
            to_profile = towards_control(day_price, day_volume, log_price)
            left_profile = horizons[PROFILE] if to_profile != 0.0 else 0
        if move > 1.0 and flow < -0.35:
            events[0, t] = -1
        elif move < -1.0 and flow > 0.35:
            events[0, t] = 1
        if oi_change > 0.006 and abs(move) > 1.0:
            events[1, t] = 1 if move > 0.0 else -1
        if events[0, t] != 0 and left_divergence == 0:
            left_divergence, to_divergence = horizons[DIVERGENCE], float(events[0, t])
        if events[1, t] != 0 and left_squeeze == 0:
            left_squeeze, to_squeeze = horizons[SQUEEZE], float(events[1, t])


_compile = numba.njit(cache=True, nogil=True, error_model="numpy")
towards_control: Callable[[Floats, Floats, float], float] = _compile(_towards_control)
smooth: Callable[[Floats, float, float], Floats] = _compile(_smooth)
regimes: Callable[[Floats, Ints, float], Ints] = _compile(_regimes)
walk: Callable[..., None] = _compile(_walk)
