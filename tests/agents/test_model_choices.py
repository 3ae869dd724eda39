"""What a model may choose beside repairs: a claim, a gap, a search, and a look at pictures. A bad answer is the playbook's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from agents.choices import ModelChoices
from agents.questions import Question
from agents.scripted import ScriptedModel
from lab.worlds import generate_world
from memory.ledger import Ledger
from memory.store import Store
from tools.contracts import GateVerdict, Patch, PatchKind, PatchStatus, Verdict

CANDIDATES = [
    Question("Volume spikes are followed by reversals", "never tested"),
    Question("Prices rise between 7 and 10 UTC", "never tested"),
]
GAPS = [
    {"kind": kind, "columns": ["volume"], "measured": {"measure": "rank_correlation", "value": v, "n": 50}}
    for kind, v in (("volume_profile", 0.1), ("flow", 0.05))
]
MARKETS = generate_world(days=1, symbols=["ETH"], seed=1).markets


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "mendel.db") as opened:
        yield opened


def choices(store: Store, **script: Any) -> ModelChoices:
    lines = {name.replace("__", "."): [line] for name, line in script.items()}
    return ModelChoices(ScriptedModel(lines, sees=True), store, Ledger(store))


def noted(store: Store) -> dict[str, Any]:
    return dict(Ledger(store).entries(kind="choice")[-1].body)


def test_a_candidate_or_a_claim_of_its_own(store: Store) -> None:
    second = {"claim": CANDIDATES[1].claim, "why": "Europe opens"}
    made = choices(store, scientist__question=second).questions("c", CANDIDATES, MARKETS)
    assert made == CANDIDATES[::-1]
    own = {"claim": "Volume spikes continue within 2 hours", "why": ""}
    made = choices(store, scientist__question=own).questions("d", CANDIDATES, MARKETS)
    assert [q.claim for q in made] == [own["claim"], *(q.claim for q in CANDIDATES)]


def test_a_claim_that_no_test_can_be_made_of_is_the_playbooks(store: Store) -> None:
    moon = {"claim": "The moon predicts reversals", "why": ""}
    assert choices(store, scientist__question=moon).questions("c", CANDIDATES, MARKETS) == CANDIDATES
    assert noted(store)["by"] == "playbook" and "no kind of event" in noted(store)["why"]


@pytest.mark.parametrize(
    ("answer", "kind"), [("flow", "flow"), ("none", None), ("everything", "volume_profile")]
)
def test_a_gap_or_none(store: Store, answer: str, kind: str | None) -> None:
    picked = choices(store, engineer__gap={"choice": answer, "why": ""}).gap("c", GAPS)
    assert (picked["kind"] if picked else None) == kind
    assert choices(store).gap("c", []) is None


@pytest.mark.parametrize(("answer", "trials"), [("search", 9), ("none", 0), ("more", 9)])
def test_a_search_or_none_never_a_longer_one(store: Store, answer: str, trials: int) -> None:
    assert choices(store, engineer__search={"choice": answer, "why": ""}).trials("c", 9) == trials


def test_a_look_at_the_pictures_of_the_visual_gate(store: Store, tmp_path: Path) -> None:
    for name in ("before", "after"):
        Image.new("RGB", (40, 30), "white").save(tmp_path / f"{name}.png")
    page = {"page": "out/ETH.html", "before": "before.png", "after": "after.png", "differences": []}
    seen = Verdict("visual", GateVerdict.PASS, {"pages": [page]})
    patch = Patch(
        id="p1",
        kind=PatchKind.FIX,
        base="a",
        bundle="b",
        files=(),
        diff="",
        rationale="",
        status=PatchStatus.AWAITING_APPROVAL,
        digest="d",
        gates=(seen,),
    )
    model = choices(store, reviewer__look={"remarks": ["The page out/ETH.html earns 900 bps."]})
    looked = model.look("c", patch, tmp_path)
    assert looked is not None and looked["pictures"] == 2
    assert looked["remarks"][0]["struck"] >= 1
    assert model.look("c", Patch(**{**patch.__dict__, "gates": ()}), tmp_path) is None
