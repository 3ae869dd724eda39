"""How a repaired condition writes the level that it compares with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.evolution.codemods.scale_free.plan import Threshold


@dataclass(frozen=True)
class Level:
    """``bars`` and ``value`` are source text: literals, or settings of the system."""

    threshold: Threshold
    bars: str
    value: str

    def memory(self) -> str:
        """The arguments of a helper: ``bars, share[, unknown]``."""
        share = self._share() if self.threshold.form == "rank" else "0.5"
        unknown = self.threshold.unknown
        if unknown is not None and self.threshold.form == "usual" and self.threshold.value < 0:
            unknown = unknown.removeprefix("-") if unknown.startswith("-") else f"-{unknown}"
        return f"{self.bars}, {share}" + (f', float("{unknown}")' if unknown else "")

    def _share(self) -> str:
        if not self.threshold.above:
            return self.value
        # Plain numbers are worked out here, so that the code reads 0.07 and not 1 - 0.93.
        plain = re.fullmatch(r"[\d.]+", self.value)
        return repr(round(1 - float(self.value), 6)) if plain else f"1 - {self.value}"

    def measured(self, code: str) -> str:
        """What is remembered: the values themselves, or their size."""
        sized = code.startswith("abs(") or code.endswith(".abs()")
        return code if self.threshold.form == "rank" or sized else f"abs({code})"

    def around(self, asked: str) -> str:
        """The level, from the call that asks the memory."""
        if self.threshold.form == "rank":
            return asked
        sign = "-" if self.threshold.value < 0 and not self.value.startswith("-") else ""
        return f"{sign}{self.value} * {asked}"
