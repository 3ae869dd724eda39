"""On probation: confirmed by bars that nobody had seen, taken back where they speak against it, else it goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from enhancement_kit import follow

from agents.engine import Engine
from agents.probation import KIND, due, look_after
from tools.contracts import Patch, PatchKind
from tools.evolution.apply import apply_patch
from tools.optimization.tuning import patch_between
from tools.records import patch_json

#: A score that goes with the trend where the world goes back to its point of control loses; turned round, it earns.
CUT = "cut: float = 2.5"
FOLLOW = "return long, short"


def provisional(engine: Engine, old: str, new: str, file: str, *, seen_days: int) -> Patch:
    """A patch that stands, judged when ``seen_days`` days less were there."""
    study = engine.study(engine.bundles.snapshot(engine.system))
    text = study.store.sources(study.bundle)[file]
    assert old in text
    patch = patch_between(
        study, study.store.derive(study.bundle, {file: text.replace(old, new)}), PatchKind.TUNING, "x"
    )
    until = pd.Timestamp(engine.bench.data.until) - timedelta(days=seen_days)
    document = {**patch_json(patch), "status": "provisional", "until": until.isoformat()}
    engine.patches.save(document)
    apply_patch(engine.system, engine.bundles, patch)
    return patch


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(follow(tmp_path / "follow", days=300, symbols=["BTC", "ETH"], strength=0.8))


def test_looks_double() -> None:
    assert [due(d) for d in (0, 29, 30, 59, 60, 119, 120, 1000)] == [0, 0, 1, 1, 2, 2, 3, 6]


def test_a_good_change_is_confirmed_once(engine: Engine) -> None:
    with engine:
        patch = provisional(engine, FOLLOW, "return short, long", "follow/scoring.py", seen_days=130)
        (told,) = look_after(engine)
        assert told["verdict"] == "confirmed" and told["days"] >= 120, told
        assert engine.patches.get(patch.id)["status"] == "confirmed"
        assert look_after(engine) == []
        assert len(engine.ledger.entries(KIND)) == 1


def test_a_harmful_change_is_taken_back(engine: Engine) -> None:
    with engine:
        before = (engine.system.root / "follow/scoring.py").read_bytes()
        turned = before.replace(FOLLOW.encode(), b"return short, long")
        (engine.system.root / "follow/scoring.py").write_bytes(turned)
        patch = provisional(engine, "return short, long", FOLLOW, "follow/scoring.py", seen_days=130)
        (told,) = look_after(engine)
        assert told["verdict"] == "rolled_back", told
        assert engine.patches.get(patch.id)["status"] == "rolled_back"
        assert (engine.system.root / "follow/scoring.py").read_bytes() == turned


def test_too_few_days_say_nothing_and_no_difference_goes_on(engine: Engine) -> None:
    with engine:
        provisional(engine, CUT, "cut: float = 2.6", "follow/config.py", seen_days=20)
        assert look_after(engine) == []
    with Engine(engine.system.root) as again:
        document = again.patches.list(status="provisional")[0]
        until = pd.Timestamp(again.bench.data.until) - timedelta(days=70)
        again.patches.save({**document, "until": until.isoformat()})
        (told,) = look_after(again)
        assert told["verdict"] == "goes_on" and told["look"] == 2
