"""Which operators and styles were set aside while the analyzer's rules were written.

Fixed by a hash before any result was seen: of the names sorted by sha256("mendel-bugs-1|" + name), the first third is held
out. A case is held out when its operator or its style is. Nobody opens a held-out failure while rules are still changed.
The lists are written down; a test compares them with the rule, so that a new operator falls where its name puts it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

SALT = "mendel-bugs-1"
HELD_OUT_OPERATORS: frozenset[str] = frozenset(
    [
        "absolute_price_epsilon",
        "always_true",
        "backfill",
        "centred_rolling",
        "off_by_one_window",
        "setting_unwired",
        "stop_never_armed",
        "timezone_shift",
        "unit_x60",
        "whole_sample",
    ]
)
HELD_OUT_STYLES: frozenset[str] = frozenset(["breakout", "carry", "scorecard"])


def held_out_of(names: Iterable[str]) -> frozenset[str]:
    """A third of the names, rounded up, by hash."""
    order = sorted(names, key=lambda n: hashlib.sha256(f"{SALT}|{n}".encode()).hexdigest())
    return frozenset(order[: -(-len(order) // 3)])


def is_held_out(operator: str, style: str) -> bool:
    """Whether a case was set aside."""
    return operator in HELD_OUT_OPERATORS or style in HELD_OUT_STYLES
