"""Figures as a person reads them. Every function says ``unknown`` for None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

UNKNOWN = "unknown"
MINUS = "\N{MINUS SIGN}"

CATEGORIES = {
    "absolute_price": "a fixed number judges a price",
    "absolute_threshold": "a fixed number judges an amount",
    "always_true": "a condition that never says no",
    "asymmetry": "long and short are not mirror images",
    "cold_start": "it trades before it has seen enough",
    "cumulative_origin": "depends on where the data starts",
    "date_dependence": "depends on the calendar",
    "distance_out_of_reach": "a distance or a size that cannot be meant",
    "duplicated_entry": "one entry asked for as two",
    "duplicated_logic": "the same logic twice, not quite the same",
    "empty_input": "bars without values are not survived",
    "environment_unset": "an environment variable that nobody sets",
    "float_equality": "two fractions are compared for being equal",
    "gap_alignment": "missing bars shift what belongs together",
    "import_side_effect": "importing it acts",
    "lookahead": "decisions use bars from the future",
    "module_state": "a module remembers between calls",
    "mutable_default": "a default value remembers between calls",
    "named_direction": "it means the opposite of its name",
    "nan_as_zero": "missing data is read as zero",
    "nondeterminism": "the same bars, other decisions",
    "null_edge": "it earns where nothing can be earned",
    "one_sided": "one side can never be taken",
    "price_epsilon": "a fixed step is added to a price",
    "scale_dependence": "depends on the unit of a price or an amount",
    "stale_signal": "a signal that is out of date is acted on",
    "start_dependence": "depends on where the data starts",
    "state_leak": "one call changes the next",
    "stop_never_armed": "a stop that is never set",
    "strategy_fails": "the strategy gives no decisions",
    "swallowed_exception": "an error is hidden",
    "target_never_armed": "a target that is never set",
    "trail_never_armed": "a trailing stop that is never set",
    "max_bars_never_armed": "a time limit that is never set",
    "unit_mismatch": "two units are mixed up",
    "unreachable_rule": "a rule that never runs",
    "unwired_setting": "a setting that nobody reads",
    "wall_clock": "decisions ask the clock",
}
STATUSES = {
    "proposed": "proposed",
    "refused": "refused by its gates",
    "awaiting_approval": "waits for your yes",
    "rejected": "declined",
    "applied": "applied",
    "provisional": "applied, on probation",
    "confirmed": "applied and confirmed",
    "rolled_back": "rolled back",
    "expired": "out of date",
}


def category(name: str) -> str:
    """A finding's category in words."""
    return CATEGORIES.get(name, name.replace("_", " "))


def status(name: str) -> str:
    """A patch's status in words."""
    return STATUSES.get(name, name.replace("_", " "))


def caveat(name: str) -> str:
    """What has to be said of the figures after a patch that does not stand in the person's files."""
    return {
        "awaiting_approval": "what a yes would give",
        "refused": "what the refused change would have given",
        "rejected": "what the declined change would have given",
        "rolled_back": "what it gave until it was taken back",
        "expired": "what it would have given",
    }.get(name, "")


def signed(value: str) -> str:
    """A formatted number with a true minus sign."""
    return value.replace("-", MINUS)


def count(value: float | None) -> str:
    """A whole number, thousands apart."""
    return UNKNOWN if value is None else signed(f"{value:,.0f}")


def share(value: float | None) -> str:
    """A fraction of 1 as a percentage with two or three telling digits: 34 %, 0.57 %, 0.068 %."""
    if value is None:
        return UNKNOWN
    percent = 100 * value
    size = abs(percent)
    if size == 0 or size >= 99.95:
        return signed(f"{percent:.0f}\N{NO-BREAK SPACE}%")
    digits = 1 if size >= 10 else 2 if size >= 0.1 else 3
    return (
        signed(f"{percent:.{digits}f}\N{NO-BREAK SPACE}%") if size >= 0.0005 else "< 0.001\N{NO-BREAK SPACE}%"
    )


def gain(value: float | None) -> str:
    """A return as a signed percentage."""
    return UNKNOWN if value is None else signed(f"{100 * value:+.2f}\N{NO-BREAK SPACE}%")


def loss(value: float | None) -> str:
    """A drawdown as a percentage of the peak."""
    return UNKNOWN if value is None else signed(f"{100 * value:.2f}\N{NO-BREAK SPACE}%")


def bps(value: float | None) -> str:
    """Basis points, signed."""
    if value is None:
        return UNKNOWN
    return signed(f"{value:+.1f}" if abs(value) < 9.95 else f"{value:+.0f}")


def money(value: float | None) -> str:
    """An amount of the quote currency, signed; cents only where they matter."""
    if value is None:
        return UNKNOWN
    return signed(f"{value:+,.0f}" if abs(value) >= 9.5 else f"{value:+,.2f}")


def exact(value: float) -> str:
    """A number with up to seven telling digits."""
    return signed(f"{value:,.7g}" if abs(value) < 1e15 else f"{value:.7g}")


def listed(names: Sequence[str], most: int = 3) -> str:
    """``A``, ``A and B``, ``A, B, C and 4 more``."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "none"


def plural(n: int, one: str, many: str | None = None) -> str:
    """``1 defect``, ``3 defects``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def number_word(n: int) -> str:
    """Small numbers at the start of a sentence."""
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
    return words[n] if n < len(words) else f"{n:,}"


def moment(value: str) -> str:
    """An ISO time as ``2025-07-05 16:00 UTC``; what is no time stays as it is."""
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return value
    if when.tzinfo is not None:
        when = when.astimezone(UTC)
    return f"{when:%Y-%m-%d %H:%M} UTC"


def dated(value: str) -> str:
    """Prose with its ISO times as a person writes them."""
    return re.sub(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", lambda m: moment(m[0]), value
    )


def seconds(value: float | None) -> str:
    """A duration."""
    if value is None:
        return UNKNOWN
    return f"{value:.1f}\N{NO-BREAK SPACE}s" if value < 90 else f"{int(value // 60)} min {int(value % 60)} s"


def plain(value: str) -> str:
    """Prose without its code marks."""
    return re.sub(r"`([^`]*)`", r"\1", value)


def typeset(value: str) -> str:
    """Arrows and minus signs as printed ones."""
    return re.sub(r"(?<![\w-])-(?=\d)", MINUS, value.replace("->", "→"))


def capitalize_first(value: str) -> str:
    """A sentence with a capital letter in front; the rest stays."""
    return value[:1].upper() + value[1:]
