"""What a cycle's documents teach, as lessons with scope, effect, provenance and the date at which the result was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memory.knowledge_lesson import Lesson, lesson_from
from tools.contracts import PatchStatus

Document = Mapping[str, Any]

#: A patch's status as the verdict on its idea. Waiting or rejected by a person says nothing about it.
HOLDS = {
    PatchStatus.APPLIED.value: True,
    PatchStatus.CONFIRMED.value: True,
    PatchStatus.REFUSED.value: False,
    PatchStatus.ROLLED_BACK.value: False,
}
TELLING = {"supported": True, "not_supported": False, "underpowered": None}
_WORDS = {
    "supported": "Supported",
    "not_supported": "Not supported",
    "underpowered": "Can't tell yet; not evidence against the idea",
}


def patch_fields(document: Document, until: str | None, cycle: str, entries: list[int]) -> dict[str, Any]:
    """The fields of a patch's lesson beside its words: the symbols that the finding starved, what became of their trades,
    the patch and its ledger ``entries``. ``until`` is where the evidence ends: the vault's start."""
    finding = document.get("finding_record") or {}
    symbols = list((finding.get("details") or {}).get("starved", ()))
    after = (document.get("after") or {}).get("symbols", {})
    edges = [
        after[s]["expectancy_bps"] for s in symbols if after.get(s, {}).get("expectancy_bps") is not None
    ]
    trades = [after[s]["trades"] for s in symbols if after.get(s, {}).get("trades") is not None]
    return {
        "symbols": symbols,
        "holds": HOLDS.get(str(document["status"])),
        "claim": f"repair {document.get('finding')}" if document.get("finding") else None,
        "effect": edges[0] if len(edges) == len(symbols) == 1 else None,  # one number is about one symbol
        "unit": "bps a trade after costs" if len(edges) == len(symbols) == 1 else None,
        "n": sum(trades) if trades else None,
        "outcome": until,
        "provenance": {"cycles": [cycle], "patches": [document["id"]], "ledger": entries},
    }


def hypothesis_lesson(result: Document, cycle: str | None = None) -> Lesson | None:
    """The lesson of a tested claim: a principle where it was supported, a negative result where it was not; None where it
    was not tested. The words state the contrast and never a cause."""
    verdict = str(result.get("verdict"))
    spec = result.get("spec") or {}
    if verdict not in TELLING or spec.get("kind") == "repair":
        return None
    found = _found(result)
    text = f"{result['claim'].rstrip('.')}. {_WORDS[verdict]}{': ' + found if found else ''}."
    return lesson_from(
        {
            "text": text,
            "kind": "principle"
            if verdict == "supported"
            else "negative"
            if verdict == "not_supported"
            else "open",
            "symbols": list(spec.get("scope") or spec.get("symbols") or ()),
            "holds": TELLING[verdict],
            "claim": claim_key(spec) or result["claim"],
            "effect": result.get("effect_bps"),
            "unit": None if result.get("effect_bps") is None else "bps",
            "n": result.get("n_events"),
            "outcome": result.get("until") or result.get("asked_at"),
            "asked": result.get("asked") or result["claim"],
            "spec": dict(spec),
            "provenance": {
                "cycles": [cycle] if cycle else [],
                "ledger": sorted((result.get("ledger") or {}).values()),
            },
        }
    )


def claim_key(spec: Document) -> str | None:
    """What claims about different markets have in common: the spec without its scope; None where there is no spec."""
    from memory.documents import canonical

    shared = {key: value for key, value in spec.items() if key not in ("scope", "symbols")}
    return canonical(shared) if shared else None


def _found(result: Document) -> str:
    parts = []
    if result.get("effect_bps") is not None:
        low, high = result.get("ci_bps") or (None, None)
        interval = "" if low is None or high is None else f" (95 % interval {low:+.1f}..{high:+.1f})"
        parts.append(f"{result['effect_bps']:+.1f} bps{interval}")
    if result.get("n_events") is not None:
        parts.append(f"n = {result['n_events']} events")
    return ", ".join(parts)
