"""A hypothesis in writing: everything that its test depends on, and a hash of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tools.discovery.errors import DiscoveryError

#: What a claim may say of the outcome. Reversal and continuation are seen from the event's own move.
DIRECTIONS = ("reversal", "continuation", "up", "down", "any")
#: Where flow comes from: reported taker volume, the candle's shape, or it plays no part.
FLOWS = ("taker", "estimate", "none")
_LONGEST_MINUTES = 30 * 1440


@dataclass(frozen=True)
class HypothesisSpec:
    """``template`` is the class of claim, and names the stream of alpha. ``event``, ``outcome``, ``control`` and ``test`` say
    in words what the numbers mean. ``threshold`` is in ``threshold_unit``; ``move`` keeps events that go "up" or "down"
    themselves, or "both"; ``scope`` holds full symbol names, sorted; ``hours`` (UTC) is first and end."""

    template: str
    event: str
    direction: str
    outcome: str
    horizon_minutes: int
    control: str
    scope: tuple[str, ...]
    test: str
    min_useful_bps: float
    threshold: float
    threshold_unit: str
    lookback_minutes: int
    timeframe_minutes: int
    move: str = "both"
    flow: str = "none"
    hours: tuple[int, ...] = ()

    @property
    def horizon_bars(self) -> int:
        """The horizon in bars."""
        return self.horizon_minutes // self.timeframe_minutes

    @property
    def lookback_bars(self) -> int:
        """The look-back in bars."""
        return max(1, self.lookback_minutes // self.timeframe_minutes)

    @property
    def claim(self) -> str:
        """The claim in one sentence, as it is tested."""
        return f"{', '.join(self.scope)}: {self.event} precedes {self.outcome}."

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON: equal for equal claims, however they were worded."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Every field; tuples as lists."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> HypothesisSpec:
        """The spec that ``to_json`` wrote. Raises DiscoveryError for missing or impossible values."""
        known = {f.name for f in fields(cls)} & set(document)
        try:
            values: dict[str, Any] = {k: tuple(v) if isinstance(v := document[k], list) else v for k in known}
            spec = cls(**values)
        except TypeError as error:
            raise DiscoveryError(f"hypothesis spec: {error}; write it as `spec` in a result shows") from error
        spec.check()
        return spec

    def check(self) -> None:
        """Raises DiscoveryError for a value that no test could use."""
        wrong = [
            (self.direction not in DIRECTIONS, "direction", self.direction, ", ".join(DIRECTIONS)),
            (self.flow not in FLOWS, "flow", self.flow, ", ".join(FLOWS)),
            (self.move not in ("up", "down", "both"), "move", self.move, "up, down or both"),
            (not self.scope, "scope", self.scope, "at least one symbol"),
            (
                not 0 < self.min_useful_bps < math.inf,
                "min_useful_bps",
                self.min_useful_bps,
                "a number above 0",
            ),
            (not 0 <= self.threshold < math.inf, "threshold", self.threshold, "a number, 0 or more"),
            (
                self.horizon_minutes < 1 or self.horizon_minutes % self.timeframe_minutes != 0,
                "horizon",
                f"{self.horizon_minutes} minutes",
                f"a multiple of the bars' {self.timeframe_minutes} minutes",
            ),
            (
                self.horizon_minutes > _LONGEST_MINUTES,
                "horizon",
                f"{self.horizon_minutes} minutes",
                "30 days at most",
            ),
        ]
        for bad, name, value, remedy in wrong:
            if bad:
                raise DiscoveryError(f"{name} = {value!r} cannot be tested: use {remedy}")
