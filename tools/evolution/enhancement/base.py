"""What an enhancement is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.contracts import MendelError, Patch


class EnhancementError(MendelError):
    """New logic cannot be written into this system; the message says what stands in the way."""


@dataclass(frozen=True)
class Enhancement:
    """New logic for one gap, in two versions of the same code. ``written`` has the switch off: it decides as the system did.
    ``patch`` has it on, at ``value``, and is what the gates judge. ``switch`` is the setting; ``place`` where the logic went in;
    ``mechanism`` what a hypothesis must be about to stand behind it;
    ``tried`` what each value came to on the development segment."""

    gap: Mapping[str, Any]
    written: Patch
    patch: Patch
    switch: str
    value: float
    place: str
    mechanism: Mapping[str, str]
    tried: tuple[Mapping[str, Any], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """JSON values, the diff of the version that is off among them."""
        return {
            "gap": dict(self.gap),
            "switch": self.switch,
            "off": 0.0,
            "on": self.value,
            "place": self.place,
            "mechanism": dict(self.mechanism),
            "diff": self.written.diff,
            "patch": self.patch.id,
            "tried": [dict(t) for t in self.tried],
        }
