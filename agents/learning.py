"""What a cycle leaves behind: verdicts on its predictions, and sentences worth keeping."""

from __future__ import annotations

from typing import Any

from agents.engine import Engine
from agents.scientist import conclude
from agents.state import CycleState
from tools.contracts import Patch, PatchStatus
from tools.records import finding_from, patch_from

KEPT = (PatchStatus.APPLIED, PatchStatus.AWAITING_APPROVAL, PatchStatus.REFUSED, PatchStatus.ROLLED_BACK)


def learn(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Conclude the predictions and record one learning for each patch, negative results too."""
    documents = [engine.patches.get(p) for p in state.get("patches", [])]
    patches = [patch_from(d) for d in documents]
    results = [_concluded(h, patches) for h in state.get("hypotheses", [])]
    lessons = [
        engine.choices.lesson(state["cycle"], engine.system.name, finding_from(d["finding_record"]), p)
        for d, p in zip(documents, patches, strict=True)
        if p.status in KEPT
    ]

    def keep() -> list[dict[str, str]]:
        for result in results:
            engine.ledger.append(
                "verdict", {"cycle": state["cycle"], "id": result["id"], "verdict": result["verdict"]}
            )
        rows = [engine.learnings.add(text, "patch", state["cycle"]) for text in lessons]
        return [{"id": row["id"], "text": row["text"]} for row in rows]

    kept = engine.store.once(state["cycle"], "learn", "all", keep)
    return {"hypotheses": results, "learnings": kept, "learned": True}


def _concluded(hypothesis: dict[str, Any], patches: list[Patch]) -> dict[str, Any]:
    for patch in patches:
        hypothesis = conclude(hypothesis, patch)
    return hypothesis
