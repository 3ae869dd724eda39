"""What a cycle tried beside its repairs: a claim about the markets, new logic, a search. Refusals are told like the rest."""

from __future__ import annotations

from dataclasses import dataclass

from mendel.report import words
from mendel.report.evidence import gate_title
from mendel.report.facts import Cycle, verdicts
from mendel.report.values import Document, rows, table, text

_STEPS = {"enhance": "new logic", "tune": "search"}
IMPROVEMENTS = ("enhancement", "tuning")


@dataclass(frozen=True)
class Tried:
    """One thing that was tried. ``came`` is what became of it in a word or two; ``patch`` its id, "" where none was written."""

    what: str
    came: str
    why: str
    patch: str = ""


def tried(cycle: Cycle) -> list[Tried]:
    """Claims first, then the steps in the order in which they were made; steps that are switched off are left out."""
    claims = [_claim(h) for h in asked(cycle)]
    return [*claims, *(found for s in rows(cycle.result.get("improvements")) if (found := _step(cycle, s)))]


def asked(cycle: Cycle) -> list[Document]:
    """The tested claims about the markets, among the hypotheses."""
    return [h for h in rows(cycle.result.get("hypotheses")) if table(h.get("spec")).get("kind") != "repair"]


def luckless(patch: Document) -> bool:
    """Whether a patch is an improvement that its gates refused: the usual case, and no news."""
    return patch.get("kind") in IMPROVEMENTS and patch.get("status") == "refused"


def stopped_by(patch: Document) -> str:
    """The gates that a refused patch did not pass, in words."""
    names = [gate_title(n) for n in verdicts(patch, "fail", "underpowered")]
    return words.listed(names, 6) if names else "its gates"


def _claim(hypothesis: Document) -> Tried:
    verdict = text(hypothesis.get("verdict")).replace("_", " ")
    return Tried(text(hypothesis.get("asked")), verdict, text(hypothesis.get("why"), ""))


def _step(cycle: Cycle, step: Document) -> Tried | None:
    why = text(step.get("why"), "")
    if why.startswith("switched off"):
        return None
    name = _STEPS.get(text(step.get("step")), text(step.get("step")))
    if gap := step.get("gap"):
        name += f": {text(gap).replace('_', ' ')}"
    if trials := step.get("trials"):
        name += f": {words.plural(int(trials), 'candidate')}"
    patch = next((p for p in cycle.patches if p.get("id") == step.get("patch")), None)
    if patch is None:
        return Tried(name, "no change", why)
    if luckless(patch):
        return Tried(name, "refused", f"by {stopped_by(patch)}", text(patch.get("id")))
    return Tried(name, words.status(text(patch.get("status"))), "", text(patch.get("id")))
