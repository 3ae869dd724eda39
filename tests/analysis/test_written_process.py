"""A finding about a bot that is called bar by bar has a failing test that needs nothing but the bot."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tools.analysis.detect import diagnose
from tools.analysis.probes.scale import VOLUME_SCALE
from tools.analysis.workbench import Workbench
from tools.contracts import Market
from tools.market.save import save_market

pytestmark = pytest.mark.sandbox
BOT = """
class Bot:
    def process(self, dataset, portfolio_state):
        candles = dataset["ohlcv"]
        if candles["volume"].iloc[-1] < FLOOR:
            return {"orders": []}
        above = candles["close"].iloc[-1] > candles["close"].iloc[-9:].mean()
        if above and not portfolio_state["positions"]:
            return {"orders": [{"side": "buy"}]}
        if not above and portfolio_state["positions"]:
            return {"orders": [{"side": "EXIT"}]}
        return {"orders": []}
"""
TOML = '[strategy]\nkind = "process"\ntarget = "bot:Bot"\n\n[data]\npath = "*.parquet"\n'


def market(symbol: str, scale: float) -> Market:
    rng = np.random.default_rng(4)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.004, 1500)))
    columns = dict.fromkeys(("open", "high", "low", "close"), close) | {
        "volume": scale * rng.gamma(2.0, 50.0, 1500)
    }
    columns |= {"high": close * 1.002, "low": close * 0.998}
    time = 1_700_006_400_000_000_000 + np.arange(1500, dtype=np.int64) * 300_000_000_000
    return Market(symbol, 5, time, columns, {})


def outcome(system: Path, test: Path) -> subprocess.CompletedProcess[str]:
    """Run where Mendel cannot be imported."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    return subprocess.run(
        command, cwd=system, capture_output=True, text=True, timeout=120, env=environment, check=False
    )


@pytest.mark.slow
def test_it_fails_while_the_defect_is_there_and_passes_without(tmp_path: Path) -> None:
    system, tests = tmp_path / "system", tmp_path / "tests"
    system.mkdir()
    for symbol, scale in (("AAAUSDT", 100.0), ("BBBUSDT", 1.0)):
        save_market(replace(market(symbol, scale)), system / f"{symbol}-5m.parquet")
    (system / "bot.py").write_text(BOT.replace("FLOOR", "3000.0"), encoding="utf-8")
    (system / "mendel.toml").write_text(TOML, encoding="utf-8")
    with Workbench(system) as bench:
        found = diagnose(bench.study(), (VOLUME_SCALE,), tests=tests).findings
    assert [f.category for f in found] == ["absolute_threshold"]
    written = Path(found[0].test or "")
    broken = outcome(system, written)
    assert broken.returncode == 1 and "1 failed" in broken.stdout, broken.stdout
    (system / "bot.py").write_text(BOT.replace("FLOOR", "0.2 * candles['volume'].median()"), encoding="utf-8")
    mended = outcome(system, written)
    assert mended.returncode == 0 and "1 passed" in mended.stdout, mended.stdout + mended.stderr
