"""What the graph carries from node to node: ids and small facts. Everything big lives in the store."""

from __future__ import annotations

from typing import Any, TypedDict


class CycleState(TypedDict, total=False):
    """One cycle. Every key is written by one node at a time; lists are replaced, not appended to."""

    cycle: str
    options: dict[str, Any]
    #: Hash of the source that was last understood, "" when it has to be understood anew.
    bundle: str
    findings: list[str]
    suspects: list[str]
    silence: dict[str, Any]
    trades: dict[str, int]
    #: Where the losses sit, by regime.
    failures: dict[str, Any]
    #: Finding ids that could be repaired, best first; and those that were tried.
    opportunities: list[str]
    ranked: bool
    tried: list[str]
    hypotheses: list[dict[str, Any]]
    #: Whether claims about the markets were asked in this cycle.
    discovered: bool
    #: What the steps after the repairs came to: ``{"step", "why", "patch", …}``.
    improved: list[dict[str, Any]]
    patch: str
    patches: list[str]
    decision: dict[str, Any]
    learnings: list[dict[str, str]]
    learned: bool
    #: What keeping the lessons in order came to.
    upkeep: dict[str, Any]
