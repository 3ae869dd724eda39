"""Which claim about the markets a cycle asks: what stands behind a gap first, then what held elsewhere, then the usual ones.

Each is asked once: a claim whose test is in the ledger, on whatever bars, is not asked again by the engine itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory.ledger import Ledger
from tools.contracts import Market
from tools.discovery.compile import compile_claim
from tools.discovery.errors import DiscoveryError, UntestableError
from tools.discovery.record import CLAIM, HypothesisRecord
from tools.discovery.spec import HypothesisSpec
from tools.discovery.standard import standard_claims
from tools.evolution.enhancement.generate import IDEAS


@dataclass(frozen=True)
class Question:
    """A claim in words, or a spec where it was carried over from another market; ``why`` it is asked."""

    claim: str
    why: str
    spec: HypothesisSpec | None = None

    @property
    def asked(self) -> str | HypothesisSpec:
        """What ConceptDiscovery takes."""
        return self.spec or self.claim


def questions(
    ledger: Ledger, markets: Mapping[str, Market], gaps: Sequence[Mapping[str, Any]]
) -> list[Question]:
    """What was never asked, the most useful first."""
    asked = {_key(r.spec) for r in HypothesisRecord(ledger).results() if r.spec}
    found = [*_behind(gaps), *_transfers(ledger, markets), *_standard(markets)]
    open_ones: dict[str, Question] = {}
    for question in found:
        spec = question.spec or _spec(question.claim, markets)
        if spec is not None and _key(spec.to_json()) not in asked:
            open_ones.setdefault(_key(spec.to_json()), question)
    return list(open_ones.values())


def _behind(gaps: Sequence[Mapping[str, Any]]) -> Iterator[Question]:
    for gap in gaps:
        if claim := IDEAS.get(str(gap["kind"])):
            yield Question(claim, f"the entry decision ignores the {str(gap['kind']).replace('_', ' ')}")


def _transfers(ledger: Ledger, markets: Mapping[str, Market]) -> Iterator[Question]:
    """Hypotheses that were registered since they held on a neighbour, and not tested yet."""
    for entry in ledger.entries(CLAIM):
        source = entry.body.get("transferred_from") if isinstance(entry.body, dict) else None
        if source is None or not (entry.body.get("spec") or {}).get("template"):
            continue
        try:
            spec = HypothesisSpec.from_json(entry.body["spec"])
        except DiscoveryError:
            continue  # of an older kind: nothing can test it any more
        if set(spec.scope) <= set(markets):
            yield Question(spec.claim, f"it held on {', '.join(source.get('symbols', ()))}", spec)


def _standard(markets: Mapping[str, Market]) -> Iterator[Question]:
    for claim in standard_claims(markets):
        yield Question(claim, "the market has what it takes to test it, and it was never tested")


def _spec(claim: str, markets: Mapping[str, Market]) -> HypothesisSpec | None:
    try:
        return compile_claim(claim, markets).spec
    except UntestableError:
        return None


def _key(spec: Mapping[str, Any]) -> str:
    """What is asked, of which markets: the class of claim, its outcome and its scope."""
    return "/".join(
        str(spec.get(name)) for name in ("template", "direction", "move", "horizon_minutes", "scope")
    )
