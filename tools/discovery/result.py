"""What came of a hypothesis, as it is shown, kept and given to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tools.discovery.errors import DiscoveryError

VERDICTS = ("supported", "not_supported", "underpowered", "untestable")


@dataclass(frozen=True)
class HypothesisResult:
    """``effect``, ``ci``, ``se`` in ``effect_unit`` (standard deviations of the horizon's move); ``effect_bps`` and ``ci_bps``
    the same times ``sd_bps``, the average size of one at the events. ``rate``: share of events followed by a move in the
    claimed direction, ``rate_controls`` that of their controls. ``alpha_spent`` is the level that the test bought, 0 where
    nothing was spent; ``next_level`` what the stream's next test will get, the level that ``months_needed`` (of data in
    all) is for. ``ledger`` holds entry numbers. What is not known is None."""

    asked: str
    claim: str
    spec: Mapping[str, Any] | None
    verdict: str
    why: str
    spec_hash: str | None = None
    effect: float | None = None
    effect_unit: str = "sd of the horizon"
    effect_bps: float | None = None
    ci: tuple[float, float] | None = None
    ci_bps: tuple[float, float] | None = None
    se: float | None = None
    sd_bps: float | None = None
    p: float | None = None
    p_parts: Mapping[str, float] | None = None
    n_events: int | None = None
    n_controls: int | None = None
    n_days: int | None = None
    rate: float | None = None
    rate_controls: float | None = None
    horizon_minutes: int | None = None
    strength: tuple[Mapping[str, Any], ...] = ()
    holds_from: float | None = None
    found: str = ""
    alpha_spent: float = 0.0
    next_level: float | None = None
    months_needed: float | None = None
    months_of_data: float | None = None
    min_useful_bps: float | None = None
    assumes: str = ""
    unused_words: tuple[str, ...] = ()
    skipped: Mapping[str, str] | None = None
    since: str | None = None
    until: str | None = None
    asked_at: str | None = None
    repeated: bool = False
    ledger: Mapping[str, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """Every field; tuples as lists."""
        found = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        return {**found, "strength": [dict(row) for row in self.strength]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> HypothesisResult:
        """The result that ``to_json`` wrote; unknown keys are passed over. Raises DiscoveryError."""
        known = {f.name for f in fields(cls)} & set(document)
        try:
            values: dict[str, Any] = {k: tuple(v) if isinstance(v := document[k], list) else v for k in known}
            return cls(**values)
        except TypeError as error:
            raise DiscoveryError(f"hypothesis result: {error}; ask the claim again") from error
