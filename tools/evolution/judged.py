"""The ledger's note of how a patch was judged."""

from __future__ import annotations

from memory.ledger import Ledger
from tools.contracts import Patch
from tools.evolution.judge import refusals


def record(ledger: Ledger, patch: Patch, cycle: str | None = None) -> None:
    """Note in the ledger how a patch was judged, and in which cycle."""
    verdicts = {v.name: v.verdict.value for v in patch.gates}
    body = {
        "cycle": cycle,
        "patch": patch.id,
        "kind": patch.kind.value,
        "digest": patch.digest,
        "verdicts": verdicts,
    }
    ledger.append("judged", {**body, "refused_by": refusals(patch)})
