"""``mendel regimes`` as a person uses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.worlds import generate_world, write_world
from mendel.cli import app

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "squeeze"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("regimes") / "squeeze"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("out", "__pycache__", ".mendel"))
    world = generate_world(days=40, symbols=["ETH", "TON"], seed=4)
    write_world(world, folder / "data")
    return folder


def test_json_has_the_promised_keys_and_ends_at_the_vault(system: Path) -> None:
    run = CliRunner().invoke(app, ["regimes", "ETH", "--system", str(system), "--json"])
    assert run.exit_code == 0, run.output
    document = json.loads(run.stdout)
    assert document["symbol"] == "ETHUSDT"
    assert {"label", "volatility", "volume", "session"} <= set(document["current"])
    assert document["history"][-1]["label"] == document["current"]["label"]
    assert document["history"][-1]["to"] == document["until"]
    assert sum(document["shares"].values()) == pytest.approx(1.0)


def test_a_person_reads_a_screen(system: Path) -> None:
    run = CliRunner().invoke(app, ["regimes", "TON", "--system", str(system)])
    assert run.exit_code == 0
    assert "TONUSDT: volatility" in run.stdout
    assert "nothing after it was looked at" in run.stdout


def test_an_unknown_symbol_is_one_line(system: Path) -> None:
    run = CliRunner().invoke(app, ["regimes", "DOGE", "--system", str(system), "--json"])
    assert run.exit_code == 2
    assert "choose one of ETHUSDT, TONUSDT" in json.loads(run.stdout)["error"]
