"""What a freqtrade strategy's class says of its exits, as numbers: the words that the child sends along with its table.

They are one run of float64, laid into columns of the table as long as they go (``fact_columns``), zeros after it."""

from __future__ import annotations

#: First the words, then ROI_STEPS pairs of (minutes, profit).
WORDS = (
    "asks",  # sum of the callbacks' codes (callbacks.py)
    "stoploss",  # fraction of the stake, above 0
    "trailing",  # 1: trailing_stop
    "trailing_positive",  # 0: none
    "trailing_offset",
    "only_offset",  # 1: trailing_only_offset_is_reached
    "exit_profit_only",
    "exit_profit_offset",
    "ignore_roi",  # 1: ignore_roi_if_entry_signal
    "roi_steps",
)
ROI_STEPS = 64
FACTS = len(WORDS) + 2 * ROI_STEPS
SIGNALS = ("enter_long", "exit_long", "enter_short", "exit_short")


def fact_columns(bars: int) -> tuple[str, ...]:
    """Names of the columns that the facts need on so many bars."""
    return tuple(f"facts_{k}" for k in range(-(-FACTS // max(1, bars))))
