"""The verdict on a measured claim, and the sentences that say it. "Because" is no word of theirs."""

from __future__ import annotations

from tools.discovery.spec import HypothesisSpec
from tools.discovery.study import Measured
from tools.statistics.power import months_needed

#: A shift of the outcomes against the events must not do as well more often than this.
SHIFT_LEVEL = 0.05


def verdict_of(found: Measured, spec: HypothesisSpec, level: float) -> str:
    """``not_supported`` only where the interval excludes the smallest useful effect; ``supported`` where p is within the
    level that was spent and the circular shift agrees; else ``underpowered``."""
    if found.high * found.sd_bps < spec.min_useful_bps:
        return "not_supported"
    agrees = found.shift_p is None or found.shift_p <= SHIFT_LEVEL
    return "supported" if found.p <= level and found.effect > 0 and agrees else "underpowered"


def months_for(found: Measured, spec: HypothesisSpec, level: float) -> float | None:
    """Months of data in all in which the smallest useful effect is found with power 0.8 at ``level``."""
    return months_needed(found.days, found.se * found.sd_bps, spec.min_useful_bps, level / found.among)


def why_of(verdict: str, found: Measured, spec: HypothesisSpec, level: float, next_level: float) -> str:
    """The verdict in words."""
    bps = found.sd_bps
    interval = (
        f"Effect {signed(found.effect * bps)} bps (95 % interval {signed(found.low * bps)}..{signed(found.high * bps)}), "
        f"n = {found.n_days} days, {found.n_events:,} events."
    )
    best = f" The best hour is {found.found}." if found.found else ""
    rate = _rate(found, spec)
    if verdict == "supported":
        small = found.effect * bps < spec.min_useful_bps
        caution = (
            f" It may be smaller than {spec.min_useful_bps:g} bps, the smallest useful effect."
            if small
            else ""
        )
        return (
            f"Supported. {interval}{best}{rate} p = {number(found.p)}, at the level {number(level)} that was spent."
            f"{caution} {_strongest(found, spec)}It is a tested contrast, before costs; not a cause."
        )
    if verdict == "not_supported":
        there = " Something is there, and it is too small." if found.low > 0 else ""
        return (
            f"Not supported. {interval}{best}{rate} The interval excludes {signed(spec.min_useful_bps)} bps, the smallest "
            f"useful effect.{there}"
        )
    return f"Can't tell yet. {interval}{best}{rate} {_doubt(found, level)}{_months(found, spec, next_level)}Not evidence against the idea."


def _rate(found: Measured, spec: HypothesisSpec) -> str:
    if found.rate is None or found.control_rate is None:
        return ""
    return (
        f" Within {spec.horizon_minutes} minutes {found.rate:.1%} of the events went the claimed way, "
        f"{found.control_rate:.1%} of the controls."
    )


def _strongest(found: Measured, spec: HypothesisSpec) -> str:
    holds = [row["threshold"] for row in found.strength if row["holds"]]
    if len(found.strength) < 2 or not holds:
        return ""
    return f"It holds from {holds[0]:g} {spec.threshold_unit} on (all thresholds judged together). "


def _doubt(found: Measured, level: float) -> str:
    """Why a p-value within the level is still not enough, where that is so."""
    if found.p <= level and found.effect > 0 and found.shift_p is not None:
        return f"Shifted events do as well too often (p = {number(found.shift_p)}). "
    return ""


def _months(found: Measured, spec: HypothesisSpec, level: float) -> str:
    months = months_for(found, spec, level)
    if months is None:
        return ""
    return f"Detecting {spec.min_useful_bps:g} bps at the current level {number(level)} needs about {_round(months)} months. "


def _round(months: float) -> str:
    return f"{months:.1f}" if months < 1.95 else f"{months:,.0f}"


def signed(value: float) -> str:
    """Two figures, one after the point, with a sign that is wide enough to see."""
    text = f"{abs(value):.1f}" if abs(value) < 10 else f"{abs(value):.0f}"
    return f"{'−' if value < 0 else '+'}{text}"


def number(value: float) -> str:
    """A probability: ``.0013``, ``.23``, ``< .0001``."""
    if value < 0.0001:
        return f"{value:.0e}".replace("e-0", "e-")
    text = f"{value:.2g}" if value < 0.1 else f"{value:.2f}"
    return text.removeprefix("0") if value < 1 else "1"
