"""A cycle's result in the order in which a person asks: what matters most first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mendel.report.values import Document, clean, number, rows, table, text, texts

SEVERITIES = ("critical", "high", "medium", "low")
#: Which patch a page leads with: the one nearest to the person's files.
_STANDING = ("applied", "confirmed", "provisional", "awaiting_approval", "rolled_back", "refused", "rejected")


@dataclass(frozen=True)
class Cycle:
    """What ``mendel evolve --json`` printed, cleaned for display."""

    result: Document

    @classmethod
    def read(cls, result: Document) -> Cycle:
        """Every text in it is printable afterwards."""
        return cls(table(clean(result)))

    @cached_property
    def system(self) -> str:
        """The system's name."""
        return text(table(self.result.get("system")).get("name"), "the system")

    @cached_property
    def until(self) -> str:
        """ISO time at which the vault begins, ``unknown`` where not told."""
        return text(self.result.get("until"))

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """Defects with a counterexample, the most severe first."""
        return sorted(rows(self.result.get("findings")), key=severity_rank)

    @cached_property
    def suspects(self) -> list[dict[str, Any]]:
        """Suspects, the most severe first."""
        return sorted(rows(self.result.get("suspects")), key=severity_rank)

    @cached_property
    def patches(self) -> list[dict[str, Any]]:
        """The patch that matters most first."""
        return sorted(rows(self.result.get("patches")), key=lambda p: (_standing(p), p.get("kind") != "fix"))

    @cached_property
    def trades(self) -> dict[str, float | None]:
        """Symbol -> trades as the cycle found it, the busiest first."""
        found = {s: number(n) for s, n in table(self.result.get("trades")).items()}
        return dict(sorted(found.items(), key=lambda item: (-(item[1] or 0), item[0])))

    @cached_property
    def silence(self) -> dict[str, dict[str, Any]]:
        """Starved symbol -> why it is silent."""
        return {s: table(why) for s, why in table(self.result.get("silence")).items()}

    def finding_of(self, patch: Document) -> dict[str, Any] | None:
        """The finding that a patch repairs."""
        return next((f for f in self.findings if f.get("id") == patch.get("finding")), None)

    @cached_property
    def main(self) -> dict[str, Any] | None:
        """The finding to tell first: the repaired one, else one that starves a symbol, else the most severe."""
        repaired = [f for p in self.patches if (f := self.finding_of(p)) is not None]
        starving = [f for f in self.findings if starved_by(f)]
        return next(iter([*repaired, *starving, *self.findings]), None)

    @cached_property
    def waiting(self) -> list[dict[str, Any]]:
        """Patches that wait for a person."""
        return [p for p in self.patches if p.get("status") == "awaiting_approval"]


def severity_rank(finding: Document) -> tuple[int, str]:
    """For sorting, the most severe first."""
    name = text(finding.get("severity"))
    return (SEVERITIES.index(name) if name in SEVERITIES else len(SEVERITIES), text(finding.get("file")))


def _standing(patch: Document) -> int:
    name = text(patch.get("status"))
    return _STANDING.index(name) if name in _STANDING else len(_STANDING)


def starved_by(finding: Document) -> list[str]:
    """The symbols that a finding keeps from trading."""
    return texts(table(finding.get("details")).get("starved"))


def place(finding: Document) -> str:
    """``file:line``."""
    return f"{text(finding.get('file'))}:{text(finding.get('line'), '?')}"


def consent(patch: Document) -> list[str]:
    """The questions that only a person can answer."""
    return texts(patch.get("consent"))


def verdicts(patch: Document, *wanted: str) -> list[str]:
    """Names of the gates that gave one of the ``wanted`` verdicts."""
    return [text(g.get("name")) for g in rows(patch.get("gates")) if g.get("verdict") in wanted]


def commands(patch: Document) -> list[tuple[str, str]]:
    """(what it does, the exact command) for what a person can do about a patch now."""
    patch_id, status = text(patch.get("id")), patch.get("status")
    show = ("see it", f"mendel patch show {patch_id}")
    if status == "awaiting_approval":
        yes = " --yes-exposure" if consent(patch) else ""
        return [show, ("say yes", f"mendel patch approve {patch_id}{yes}")]
    if status in ("applied", "provisional", "confirmed"):
        return [show, ("take it back", f"mendel patch rollback {patch_id}")]
    return [show]
