"""What each kind of strategy can do under the engine: the table that is printed and documented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Support = Literal["yes", "partly", "no"]


@dataclass(frozen=True)
class Capability:
    """One feature of a kind of strategy. ``note`` says what is missing; "no" means that the run says so, or refuses."""

    feature: str
    support: Support
    note: str = ""


def rows(text: str) -> tuple[Capability, ...]:
    """A table written as lines of ``feature | support | note``."""
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        feature, support, note = (part.strip() for part in f"{line}||".split("|")[:3])
        assert support in ("yes", "partly", "no"), line
        found.append(Capability(feature, support, note))  # type: ignore[arg-type]
    return tuple(found)
