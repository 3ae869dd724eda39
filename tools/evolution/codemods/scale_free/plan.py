"""The numbers of a scale-free condition, taken from a symbol on which the fixed number did not block.

The reference is the symbol on which the condition passes most often and which trades. Two forms keep what happened there:

- ``rank``: the level is a quantile of the market's own recent values, so that the share that passed on the reference
  passes everywhere;
- ``usual``: the level is a multiple of the market's own usual size (the median of recent absolute values), the multiple
  that the fixed number was on the reference. It suits slow quantities and conditions that nearly always pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tools.contracts import Finding
from tools.evolution.codemods.base import RepairError

Form = Literal["rank", "usual"]
DAY_MINUTES = 1440
MIN_TRADES = 20
MIN_WINDOW = 98
PASS_LIMITS = (0.001, 0.999)
#: From this pass rate on, the reference says little about ranks, and its usual size more.
NEARLY_ALWAYS = 0.98
ABOVE, BELOW = {">", ">="}, {"<", "<="}
MIRROR = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True)
class Variant:
    """``days`` of memory; ``place`` of the reference in the order of pass rates."""

    form: Form
    days: int
    place: int = 0


RANK_FIRST = (
    Variant("rank", 7),
    Variant("usual", 7),
    Variant("rank", 14),
    Variant("usual", 30),
    Variant("rank", 7, 1),
)
USUAL_FIRST = (Variant("usual", 7), Variant("usual", 30), Variant("rank", 7), Variant("rank", 30))
#: One more than the longest: the first variant again, its numbers written into the condition instead of into settings.
VARIANTS = max(len(RANK_FIRST), len(USUAL_FIRST)) + 1


@dataclass(frozen=True)
class Threshold:
    """One condition to repair. ``value`` is the share of recent values that may pass (rank), or the multiple of the
    usual size (usual; negative where the number was). ``above``: large values open it. ``window`` counts bars;
    ``asked`` is how often a bar the condition is reached."""

    file: str
    node: tuple[int, int, int, int]
    text: str
    function: str
    constant_side: str
    vector: bool
    opens_when: bool
    above: bool
    form: Form
    value: float
    window: int
    asked: float
    reference: str

    @property
    def unknown(self) -> str | None:
        """The level to use while there is no past, so that the condition stays closed; None = NaN does it."""
        if self.opens_when:
            return None
        return "inf" if self.above else "-inf"

    def remembered(self, every_bar: bool) -> int:
        """How many values fall into the window where the condition is asked at every bar, or only when it is reached."""
        return (
            self.window
            if every_bar or self.vector
            else max(round(self.window * min(1.0, self.asked)), MIN_WINDOW)
        )


def thresholds_of(finding: Finding, number: int) -> list[Threshold]:
    """Every condition of the finding, with the numbers of one variant. Raises RepairError past the last."""
    parts = finding.details["conditions"]
    best = max(rate for rate, _ in _rated(parts[0]["costs"]))
    variants = USUAL_FIRST if best >= NEARLY_ALWAYS else RANK_FIRST
    if number > len(variants):
        raise RepairError("there is no further variant")
    minutes = int(finding.details["timeframe_minutes"])
    chosen = variants[number % len(variants)]
    return [_threshold(part, minutes, chosen) for part in parts]


def writes_settings(finding: Finding, number: int) -> bool:
    """Whether this variant may turn the number's home into two settings."""
    best = max(rate for rate, _ in _rated(finding.details["conditions"][0]["costs"]))
    return number < len(USUAL_FIRST if best >= NEARLY_ALWAYS else RANK_FIRST)


def _threshold(part: Mapping[str, Any], minutes: int, variant: Variant) -> Threshold:
    condition = part["condition"]
    op = MIRROR.get(condition["op"]) if part["constant_side"] == "left" else condition["op"]
    if op not in ABOVE | BELOW:
        raise RepairError(f"`{condition['text']}` is not an order comparison (`{condition['op']}`)")
    if part["opens_when"] is None:
        raise RepairError(
            f"`{condition['text']}` neither opens nor closes entries: what it should be is not known"
        )
    rated = _rated(part["costs"])
    rate, symbol = rated[min(variant.place, len(rated) - 1)]
    return Threshold(
        file=condition["file"],
        node=tuple(condition["node"]),
        text=condition["text"],
        function=condition["function"],
        constant_side=part["constant_side"],
        vector=bool(part["vector"]),
        opens_when=bool(part["opens_when"]),
        above=(op in ABOVE) == bool(part["opens_when"]),
        form=variant.form,
        value=_share(rate) if variant.form == "rank" else _multiple(part, symbol),
        window=max(round(variant.days * DAY_MINUTES / minutes), MIN_WINDOW),
        asked=float(part["asked_per_bar"]),
        reference=symbol,
    )


def _rated(costs: Mapping[str, Mapping[str, Any]]) -> list[tuple[float, str]]:
    """(pass rate, symbol), the highest first: of the symbols that trade enough, else of those that trade at all."""
    known = [(c["pass_rate"], s, c["trades"]) for s, c in costs.items() if c["pass_rate"] is not None]
    trading = [(r, s) for r, s, n in known if n >= MIN_TRADES] or [(r, s) for r, s, n in known if n > 0]
    if not trading:
        raise RepairError("no symbol trades, so there is no market to take the reference from")
    return sorted(trading, key=lambda pair: (-pair[0], pair[1]))


def _share(rate: float) -> float:
    low, high = PASS_LIMITS
    return round(min(max(rate, low), high), 3)


def _multiple(part: Mapping[str, Any], symbol: str) -> float:
    usual, number = part["usual"].get(symbol), part["threshold"]
    if not usual or number is None:
        raise RepairError(
            f"`{part['condition']['text']}`: its number is not one number, or its usual size is 0 on {symbol}"
        )
    return float(f"{number / usual:.3g}")
