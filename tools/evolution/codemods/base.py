"""What a codemod is: from a finding and the sources to changed sources, or to a reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tools.contracts import Finding, MendelError


class RepairError(MendelError):
    """The codemod does not know how to change this code; the message says what stands in the way."""


@dataclass(frozen=True)
class Change:
    """Changed files (relative path -> whole new text) and why, in one paragraph. ``settings`` are the numbers
    that were put in, for the record."""

    files: Mapping[str, str]
    rationale: str
    settings: Mapping[str, float] = field(default_factory=dict)


class Codemod(Protocol):
    """Repairs one category of finding. ``variants`` is how many ways it can try, best first, at most 10."""

    name: str
    category: str
    variants: int

    def change(self, sources: Mapping[str, str], finding: Finding, variant: int) -> Change:
        """Raises RepairError."""
        ...
