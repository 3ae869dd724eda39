"""The numbers of a scale-free condition: how much of a market's own recent past may pass.

The reference is the symbol on which the condition passes most often and which trades: there it does not block,
so the repaired condition lets about the same share of bars through on every symbol as it did there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.contracts import Finding
from tools.evolution.codemods.base import RepairError

DAY_MINUTES = 1440
#: Window in days and how many symbols down the order of pass rates the reference is taken, best first.
VARIANTS = ((7, 0), (14, 0), (30, 0), (7, 1))
MIN_TRADES = 20
MIN_WINDOW_BARS = 98
PASS_LIMITS = (0.001, 0.999)
ABOVE = {">", ">="}
BELOW = {"<", "<="}


@dataclass(frozen=True)
class Threshold:
    """One condition to repair. ``pass_share`` is the share of recent values that may open it; ``above`` tells
    whether large values open it. ``bars`` counts values: a scalar condition that is not asked at every bar remembers so
    many answers as fall into the window's days."""

    file: str
    node: tuple[int, int, int, int]
    text: str
    function: str
    constant_side: str
    vector: bool
    opens_when: bool
    above: bool
    pass_share: float
    bars: int
    reference: str

    @property
    def unknown(self) -> str | None:
        """The level to use while there is no past, so that the condition stays closed; None = NaN does it."""
        if self.opens_when:
            return None
        return "inf" if self.above else "-inf"


def _reference(costs: Mapping[str, Mapping[str, Any]], rank: int) -> tuple[str, float]:
    rated = [(c["pass_rate"], s) for s, c in costs.items() if c["pass_rate"] is not None]
    trading = [(r, s) for r, s in rated if costs[s]["trades"] >= MIN_TRADES] or [
        (r, s) for r, s in rated if costs[s]["trades"] > 0
    ]
    if not trading:
        raise RepairError("no symbol trades, so there is no market to take the reference from")
    order = sorted(trading, key=lambda pair: (-pair[0], pair[1]))
    rate, symbol = order[min(rank, len(order) - 1)]
    return symbol, rate


def _threshold(part: Mapping[str, Any], timeframe_minutes: int, variant: int) -> Threshold:
    condition = part["condition"]
    days, rank = VARIANTS[variant]
    symbol, rate = _reference(part["costs"], rank)
    low, high = PASS_LIMITS
    op = condition["op"]
    if op not in ABOVE | BELOW:
        raise RepairError(f"`{condition['text']}` is not an order comparison (`{op}`)")
    asked = 1.0 if part["vector"] else min(1.0, float(part["asked_per_bar"]))
    if part["constant_side"] == "left":  # 1e6 < x: read it from the other side
        op = {">": "<", ">=": "<=", "<": ">", "<=": ">="}[op]
    return Threshold(
        file=condition["file"],
        node=tuple(condition["node"]),
        text=condition["text"],
        function=condition["function"],
        constant_side=part["constant_side"],
        vector=bool(part["vector"]),
        opens_when=bool(part["opens_when"]),
        above=(op in ABOVE) == bool(part["opens_when"]),
        pass_share=round(min(max(rate, low), high), 3),
        bars=max(round(days * DAY_MINUTES / timeframe_minutes * asked), MIN_WINDOW_BARS),
        reference=symbol,
    )


def thresholds_of(finding: Finding, variant: int) -> list[Threshold]:
    """Every condition of the finding, with the numbers of this variant."""
    minutes = int(finding.details["timeframe_minutes"])
    return [_threshold(part, minutes, variant) for part in finding.details["conditions"]]
