"""``mendel optimize`` as a person uses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mendel.cli import app

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evolution"))
from enhancement_kit import follow

KEYS = {"trials", "duplicates", "best", "plateau", "importance", "surrogate_error", "patch", "why", "until"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow(tmp_path_factory.mktemp("cli") / "follow", days=100, symbols=["ETH", "SOL"])


def optimize(*arguments: str) -> tuple[int, str, str]:
    run = CliRunner().invoke(app, ["optimize", *arguments])
    return run.exit_code, run.stdout, run.stderr


def test_a_tuning_has_to_be_confirmed_and_is_not(system: Path) -> None:
    source = (system / "follow" / "config.py").read_text(encoding="utf-8")
    code, out, _ = optimize(str(system), "--trials", "12", "--param", "fast", "--param", "hold", "--json")
    assert code == 0
    document = json.loads(out)
    assert set(document) >= KEYS
    assert document["trials"] == 12
    assert document["segments"]["confirm"]["until"][:10] == document["until"][:10]
    assert (system / "follow" / "config.py").read_text(encoding="utf-8") == source
    if document["patch"] is None:
        assert document["why"]
        return
    verdicts = {g["name"]: g["verdict"] for g in document["patch"]["gates"]}
    assert document["patch"]["status"] == "refused"
    assert verdicts["confirm"] != "pass"
    assert verdicts["vault"] == "unknown"


def test_a_person_reads_what_was_tried(system: Path) -> None:
    code, out, _ = optimize(str(system), "--trials", "3", "--param", "cut=2..3", "--symbol", "ETH")
    assert code == 0
    assert "3 candidates tried" in out
    assert "nothing after it was looked at" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--param", "moon"], "no setting moon"),
        (["--param", "fast=9..3"], "low below high"),
        (["--symbol", "DOGE"], "not in the data"),
    ],
)
def test_bad_use_is_one_line(system: Path, arguments: list[str], said: str) -> None:
    code, out, _ = optimize(str(system), *arguments, "--json")
    assert code == 2
    assert said in json.loads(out)["error"]
