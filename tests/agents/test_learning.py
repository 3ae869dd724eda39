"""ContinuousLearning: cycles leave lessons, lessons become registered hypotheses elsewhere, drifting edges are noticed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.desk import Desk
from agents.learning import ContinuousLearning
from agents.learning_lessons import hypothesis_lesson, patch_fields
from agents.learning_transfer import neighbours
from memory.embeddings import HashingEmbedder
from memory.knowledge_lesson import lesson_from
from tools.contracts import ExitReason, Market, Trade
from tools.discovery.spec import HypothesisSpec

TOML = '[strategy]\nkind = "signals"\ntarget = "strategy:signals"\n[data]\npath = "data/*.csv"\n'
SPEC = HypothesisSpec(
    template="volume_spike",
    event="a volume spike",
    direction="reversal",
    outcome="a reversal",
    horizon_minutes=15,
    control="matched bars",
    scope=("ETHUSDT",),
    test="day clusters",
    min_useful_bps=5.0,
    threshold=3.0,
    threshold_unit="sd",
    lookback_minutes=60,
    timeframe_minutes=5,
)
RESULT: dict[str, Any] = {
    "claim": SPEC.claim, "asked": "volume spikes fade", "spec": SPEC.to_json(), "verdict": "supported",
    "effect_bps": 6.2, "ci_bps": [2.0, 10.1], "n_events": 321, "until": "2025-06-30T00:00:00+00:00",
    "ledger": {"spent": 4, "result": 5}, "why": "",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "mendel.toml").write_text(TOML)
    (tmp_path / "strategy.py").write_text("def signals(bars): return bars\n")
    with Desk(tmp_path) as opened:
        yield opened


def learning(desk: Desk) -> ContinuousLearning:
    return ContinuousLearning(desk, embedder=HashingEmbedder())


def trades(results_bps: np.ndarray, symbol: str = "ETHUSDT") -> list[Trade]:
    day = 86_400_000_000_000
    return [
        Trade(
            symbol,
            1,
            0,
            1,
            i * day,
            i * day + 1,
            2.0,
            50.0,
            50.0,
            0.0,
            0.0,
            float(r) / 100,
            ExitReason.SIGNAL,
        )
        for i, r in enumerate(results_bps)
    ]


def test_a_tested_claim_becomes_a_lesson_of_facts() -> None:
    lesson = hypothesis_lesson(RESULT, "c1")
    assert lesson is not None and lesson.kind == "principle" and lesson.holds is True
    assert (
        "+6.2 bps (95 % interval +2.0..+10.1), n = 321 events" in lesson.text and "because" not in lesson.text
    )
    assert (lesson.symbols, lesson.n, lesson.outcome) == (
        ("ETHUSDT",),
        321,
        "2025-06-30T00:00:00.000000+00:00",
    )
    assert lesson.provenance == {"cycles": ["c1"], "ledger": [4, 5]}
    negative = hypothesis_lesson({**RESULT, "verdict": "not_supported"})
    assert negative is not None and (negative.kind, negative.holds) == ("negative", False)
    assert hypothesis_lesson({**RESULT, "verdict": "untestable"}) is None
    assert hypothesis_lesson({**RESULT, "spec": {"kind": "repair"}}) is None


def test_a_patchs_lesson_has_scope_effect_and_provenance() -> None:
    document = {
        "id": "p1", "status": "applied", "finding": "f1",
        "finding_record": {"details": {"starved": ["TONUSDT"]}},
        "after": {"symbols": {"TONUSDT": {"trades": 210, "expectancy_bps": -3.5}}},
    }  # fmt: skip
    fields = patch_fields(document, "2025-06-01", "c1", [3])
    assert (fields["symbols"], fields["holds"], fields["effect"], fields["n"]) == (
        ["TONUSDT"],
        True,
        -3.5,
        210,
    )
    assert fields["provenance"] == {"cycles": ["c1"], "patches": ["p1"], "ledger": [3]}
    assert patch_fields({**document, "status": "awaiting_approval"}, None, "c1", [])["holds"] is None


def test_recording_a_cycle_twice_is_recording_it_once(desk: Desk) -> None:
    patch = {
        "id": "p9",
        "kind": "fix",
        "status": "refused",
        "rationale": "a floor that starves",
        "finding": None,
    }
    result = {"cycle": "c1", "until": "2025-06-30T00:00:00+00:00", "hypotheses": [RESULT], "patches": [patch]}
    lines = learning(desk).record_cycle(result)
    assert len(lines) == 2 and learning(desk).record_cycle(result) == lines
    rows = desk.learnings.list()
    assert [row["kind"] for row in rows] == ["principle", "patch"] and rows[1]["holds"] is False
    assert desk.learnings.list(cycle="c1") == rows


def test_what_held_on_one_symbol_is_registered_for_its_neighbours(desk: Desk) -> None:
    learning(desk).record_cycle(
        {"cycle": "c1", "hypotheses": [RESULT, {**RESULT, "verdict": "not_supported", "claim": "other"}]}
    )
    near = {"ETHUSDT": ["BTCUSDT", "SOLUSDT"], "BTCUSDT": ["ETHUSDT"]}
    made = learning(desk).apply_learnings_broadly(near)
    assert [h["symbols"] for h in made] == [["BTCUSDT"], ["SOLUSDT"]]
    entry = desk.ledger.entries("hypothesis")[0]
    assert (
        entry.seq == made[0]["registered"]
        and entry.body["status"] == "registered"
        and entry.body["alpha_spent"] == 0
    )
    spec = HypothesisSpec.from_json(entry.body["spec"])
    assert spec.scope == ("BTCUSDT",) and spec.sha256 == entry.body["spec_hash"]
    assert not desk.ledger.entries("alpha_spent") and desk.ledger.verify().ok
    assert learning(desk).apply_learnings_broadly(near) == []


def test_transfer_success_counts_the_tests_that_were_made(desk: Desk) -> None:
    learning(desk).record_cycle({"cycle": "c1", "hypotheses": [RESULT]})
    made = learning(desk).apply_learnings_broadly({"ETHUSDT": ["A", "B", "C", "D"]})
    assert learning(desk).transfer_success() == {"registered": 4, "tested": 0, "supported": 0, "rate": None}
    for hypothesis, verdict in zip(made, ("supported", "not_supported", "untestable"), strict=False):
        desk.ledger.append("alpha_settled", {"spec_hash": hypothesis["spec_hash"], "verdict": verdict})
    assert learning(desk).transfer_success() == {"registered": 4, "tested": 2, "supported": 1, "rate": 0.5}


def test_a_lesson_in_words_alone_is_carried_over_too(desk: Desk) -> None:
    desk.learnings.put(lesson_from({"text": "spikes fade", "symbols": ["ETHUSDT"], "holds": True}))
    (made,) = learning(desk).apply_learnings_broadly({"ETHUSDT": ["SOLUSDT"]})
    assert made["asked"] == "spikes fade" and made["spec"]["symbols"] == ["SOLUSDT"]


def test_neighbours_move_together() -> None:
    rng = np.random.default_rng(1)
    days = np.arange(60, dtype=np.int64) * 86_400_000_000_000
    base = rng.normal(size=60)
    steps = {"A": base, "B": base + 0.2 * rng.normal(size=60), "C": rng.normal(size=60), "D": np.zeros(60)}
    markets = {s: Market(s, 1440, days, {"close": np.exp(0.01 * x.cumsum())}, {}) for s, x in steps.items()}
    assert neighbours(markets, 2)["A"] == ["B", "C"] and neighbours(markets, 1)["B"] == ["A"]


def test_a_lost_edge_is_noticed_and_puts_lessons_in_doubt(desk: Desk) -> None:
    desk.learnings.put(
        lesson_from({"text": "spikes fade", "symbols": ["ETHUSDT"], "holds": True, "outcome": "1970-01-20"})
    )
    rng = np.random.default_rng(0)
    broken = trades(np.r_[rng.normal(20, 30, 100), rng.normal(-25, 30, 60)])
    steady = trades(rng.normal(20, 30, 160), "SOLUSDT")
    few = trades(rng.normal(size=20), "TONUSDT")
    answer = learning(desk).adapt_to_market_changes(
        {"ETHUSDT": broken, "SOLUSDT": steady, "TONUSDT": few}, reference=0.6
    )
    eth, sol, ton = (answer["symbols"][s] for s in ("ETHUSDT", "SOLUSDT", "TONUSDT"))
    assert (
        eth["drifted"] is True
        and eth["at"].startswith("1970-04-")
        and eth["mean_since"] < 0 < eth["mean_before"]
    )
    assert sol["drifted"] is False and ton["drifted"] is None and "it takes 30" in ton["why"]
    assert 0 < eth["false_alarms"] < 0.05 and "over 3 symbols" in answer["false_alarms"]
    (row,) = desk.learnings.list(kind="drift")
    assert answer["learnings"] == [{"id": row["id"], "text": row["text"]}] and "false alarms" in row["text"]
    assert [desk.learnings.required(i)["retest"] for i in answer["retest"]] == [eth["at"]]
    again = learning(desk).adapt_to_market_changes(
        {"ETHUSDT": broken, "SOLUSDT": steady, "TONUSDT": few}, reference=0.6
    )
    assert again == answer


def test_it_opens_a_folder_by_itself(desk: Desk) -> None:
    root = desk.system.root
    desk.learnings.put(lesson_from({"text": "old fee tier", "valid_to": "2024-01-01"}))
    done = ContinuousLearning(root, embedder=HashingEmbedder()).maintain_knowledge_base()
    assert len(done["expired"]) == 1 and done["merged"] == []
