"""``mendel hypothesis`` as a person uses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.worlds import generate_world, write_world
from mendel.cli import app

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "squeeze"
CLAIM = "CVD divergence predicts reversals"
KEYS = {
    "claim", "spec", "verdict", "effect", "effect_bps", "ci", "ci_bps", "p", "n_events", "rate", "horizon_minutes",
    "strength", "alpha_spent", "months_needed", "why", "until",
}  # fmt: skip


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hypothesis") / "squeeze"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("out", "__pycache__", ".mendel", "data"))
    world = generate_world(days=50, symbols=["ETH", "TON"], seed=4)
    write_world(world, folder / "data")
    write_world(world, folder / "bare", without=["taker_buy_volume"])
    return folder


def run(system: Path, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["hypothesis", *words, "--system", str(system)])
    return done.exit_code, done.stdout, done.stderr


def test_json_has_the_promised_keys_and_a_repeat_costs_nothing(system: Path) -> None:
    code, out, err = run(system, CLAIM, "--symbol", "TON", "--horizon", "30m", "--json")
    assert code == 0, err
    first = json.loads(out)
    assert set(first) >= KEYS
    assert first["verdict"] == "supported"
    assert first["spec"]["scope"] == ["TONUSDT"]
    assert first["horizon_minutes"] == 30
    assert first["strength"][0]["n"] == first["n_events"]
    assert set(first["strength"][0]) >= {"threshold", "rate", "n"}
    assert first["ci"][0] < first["effect"] < first["ci"][1]
    again = json.loads(run(system, CLAIM, "--symbol", "TON", "--horizon", "30m", "--json")[1])
    assert again["repeated"] is True
    assert again["ledger"] == first["ledger"]


def test_a_person_reads_the_claim_the_verdict_and_its_end(system: Path) -> None:
    code, out, _ = run(system, CLAIM, "--symbol", "TON")
    assert code == 0
    assert out.startswith("TONUSDT: a move of at least 1 sd")
    assert "95 % interval" in out
    assert "By strength" in out
    assert "nothing after it was looked at" in out


def test_without_flow_it_is_untestable_unless_an_estimate_will_do(system: Path) -> None:
    bare = str(system / "bare" / "*.parquet")
    code, out, _ = run(system, CLAIM, "--data", bare, "--json")
    document = json.loads(out)
    assert (code, document["verdict"], document["alpha_spent"], document["p"]) == (0, "untestable", 0, None)
    assert "--estimate" in document["why"]
    document = json.loads(run(system, CLAIM, "--data", bare, "--estimate", "--json")[1])
    assert "estimated from candles (not CVD)" in document["claim"]
    assert "an estimate from candles, not CVD" in document["why"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["", "--json"], "the claim is empty"),
        ([CLAIM, "--symbol", "DOGE", "--json"], "ETHUSDT, TONUSDT"),
        ([CLAIM, "--horizon", "7m", "--json"], "multiple"),
        ([CLAIM, "--horizon", "later", "--json"], "15m, 2h or 1d"),
        ([CLAIM, "--data", "nothing/*.parquet", "--json"], "no market data matches"),
    ],
)
def test_bad_input_is_one_line_and_costs_nothing(system: Path, words: list[str], line: str) -> None:
    shown = CliRunner().invoke(app, ["ledger", "show", "--json", "--system", str(system)])
    before = len(json.loads(shown.stdout)["entries"])
    code, out, err = run(system, *words)
    assert code == 2
    assert line in json.loads(out)["error"]
    assert "Traceback" not in err
    shown = CliRunner().invoke(app, ["ledger", "show", "--json", "--system", str(system)])
    assert len(json.loads(shown.stdout)["entries"]) == before
