"""Every setting of the system in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SqueezeConfig:
    """Settings, by phase. Bars are five minutes long."""

    # context: Bollinger bands inside the Keltner channel
    band_bars: int = 20
    band_width: float = 2.0
    channel_width: float = 1.5
    squeeze_memory_bars: int = 18

    # divergence: price moves one way, flow the other
    flow_bars: int = 6
    min_move_atr: float = 2.0
    min_flow_shift: float = 1_000_000.0  # quote currency

    # reset: price turns back towards its mean
    arm_bars: int = 12
    reset_z: float = 1.0

    # scoring, out of ten
    min_score: float = 6.0
    confirm_bars: int = 2
    volume_bars: int = 12
    trend_bars: int = 48
    trend_rise: float = 0.002  # fraction
    oi_bars: int = 12
    oi_rise: float = 0.01  # fraction

    # funding filter: no entry on the crowded side
    funding_bars: int = 288
    funding_cap: float = 0.0015  # fraction of the position paid over those bars

    # exits
    atr_bars: int = 14
    stop_atr: float = 1.5
    target_atr: float = 2.5
    trail_atr: float = 3.0
    exit_z: float = 2.2
    stretch_exit_pct: float = 1.5  # per cent away from the mean
    max_hold_bars: int = 48

    # sizing
    risk_per_trade: float = 0.002  # fraction of equity lost at the stop
