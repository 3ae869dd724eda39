"""``mendel sandbox run`` among attackers, and among honest files: no false alarm, no traceback, no wrong ok."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from attack_feeds import market
from attack_words import words_of
from sandbox_helpers import write_bundle

from sandbox.host.contracts import Feed, Limits, SandboxPlace, Status
from sandbox.host.sandbox import Sandbox
from tools.backtest import lone
from tools.contracts import Costs

pytestmark = pytest.mark.sandbox
HERE = Path(__file__).parent
HARMLESS = sorted((HERE.parent / "attacks" / "harmless").glob("*.py"))
ATTACKS = sorted((HERE.parent / "attacks" / "lone").glob("*.py"))
#: Sent through the command as well; the others are asked of a warm sandbox.
SHOWN = ("04_noisy_logger", "10_byte_order_mark", "13_stepped_breakout")
CANARY = "canary-7d1f"


def feed_of(path: Path) -> Feed:
    """By the function that the file offers."""
    text = path.read_text(encoding="utf-8")
    return Feed.STEPPED if "def on_bar" in text or "on_bar =" in text else Feed.WHOLE


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox with the limits of the command."""
    store = tmp_path_factory.mktemp("honest")
    store.chmod(0o755)
    with Sandbox(SandboxPlace(store, Path(sys.executable)), limits=lone.LONE_LIMITS) as sandbox:
        yield sandbox, store


@pytest.mark.parametrize("path", HARMLESS, ids=lambda path: path.stem)
def test_honest_files_raise_no_alarm(warm: tuple[Sandbox, Path], path: Path) -> None:
    sandbox, store = warm
    source, wrong = lone._source(path)
    assert wrong is None
    asked = lone._question(market(), feed_of(path), Costs())
    bundle = write_bundle(store, {lone._FILE: source.decode()})
    outcome = sandbox.evaluate(replace(asked, bundle=bundle))
    assert outcome.status is Status.OK, outcome.reason + outcome.log[-500:]
    assert outcome.decisions is not None and outcome.decisions.shape == (300, 1)


def test_there_are_enough_honest_files() -> None:
    assert len(HARMLESS) >= 15 and {path.stem for path in HARMLESS} > set(SHOWN)


def command(folder: Path, path: Path, **environment: str) -> tuple[int, dict[str, Any], str]:
    """As it is typed, in a folder with canaries: (exit code, the one document, standard error)."""
    attack = folder / path.name
    attack.write_bytes(path.read_bytes().replace(b"@HOST@", str(folder / "host").encode()))
    line = [sys.executable, "-B", "-m", "mendel", "sandbox", "run", str(attack), "--json"]
    line += ["--data", str(folder / "bars.csv"), "--feed", feed_of(path).value]
    shell = {**os.environ, "MENDEL_CANARY_TOKEN": CANARY, **environment}
    done = subprocess.run(line, capture_output=True, text=True, timeout=90, cwd=HERE.parent.parent, env=shell)
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Candles, and a file that must not change."""
    seen = market()
    pd.DataFrame({"time": pd.to_datetime(seen.time, utc=True), **seen.columns}).to_csv(
        tmp_path / "bars.csv", index=False
    )
    (tmp_path / "host").mkdir(mode=0o777)
    (tmp_path / "host" / "victim").write_text(CANARY)
    return tmp_path


@pytest.mark.slow
def test_the_command_among_attackers(place: Path) -> None:
    honest = [path for path in HARMLESS if path.stem in SHOWN]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda path: command(place, path), [*ATTACKS, *honest]))
    assert (place / "host" / "victim").read_text() == CANARY
    for path, (code, document, error) in zip([*ATTACKS, *honest], answers, strict=True):
        ends = words_of(path).ends or {"ok"}
        assert document["status"] in ends, (path.stem, document)
        assert code == (0 if document["status"] == "ok" else 1)
        assert "Traceback" not in error and CANARY not in error + json.dumps(document)
        assert document["isolated"] and not document["missing"]
        assert path in honest or not document["decisions"]["nonzero"]


def test_a_terminal_that_knows_few_letters(place: Path) -> None:
    noisy = next(path for path in HARMLESS if path.stem == "04_noisy_logger")
    code, document, error = command(place, noisy, PYTHONIOENCODING="ascii")
    assert (code, document["status"]) == (0, "ok") and "Traceback" not in error
    assert "ümläut" in document["log"] and Limits().log_bytes >= len(document["log"])
