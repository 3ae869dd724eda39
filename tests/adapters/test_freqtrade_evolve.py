"""A freqtrade strategy with a fixed number in its entry condition: found, proven by a test of its own, repaired, taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agents.cycle import nobody, run_cycle
from agents.engine import Engine
from tools.analysis.failing_test import test_files
from tools.analysis.probes.base import TestPlan
from tools.analysis.tests_run import ALONE
from tools.contracts import Finding, Market, Severity
from tools.evolution.rollback import rollback_patch
from tools.system.sections import StrategySection

SOURCE = '''
import talib.abstract as ta
from freqtrade.strategy import IntParameter, IStrategy
from pandas import DataFrame


class VolumeTrend(IStrategy):
    """Wants a busy market."""

    timeframe = "5m"
    stoploss = -0.05
    minimal_roi = {"0": 0.04}
    startup_candle_count = 50
    buy_params = {"min_volume": 1_000_000}
    min_volume = IntParameter(1, 10_000_000, default=1_000_000, space="buy")

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["fast"] = ta.EMA(dataframe, timeperiod=8)
        dataframe["slow"] = ta.EMA(dataframe, timeperiod=34)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[
            (dataframe["fast"] > dataframe["slow"])
            & (dataframe["fast"].shift(1) <= dataframe["slow"].shift(1))
            & (dataframe["volume"] > self.min_volume.value),
            "enter_long",
        ] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["fast"] < dataframe["slow"], "exit_long"] = 1
        return dataframe
'''
TOML = """
[system]
editable = ["*.py"]
[strategy]
kind = "freqtrade"
target = "volume_trend:VolumeTrend"
[data]
path = "{data}"
[vault]
from = 0.1
[cycle]
claims = 0
enhancements = 0
tuning_trials = 0
"""


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_cycle_repairs_a_freqtrade_strategy_and_can_be_taken_back(tmp_path: Path, candles: str) -> None:
    file = tmp_path / "volume_trend.py"
    file.write_text(SOURCE, encoding="utf-8")
    (tmp_path / "mendel.toml").write_text(TOML.format(data=candles), encoding="utf-8")
    before = file.read_bytes()
    with Engine(tmp_path) as engine:
        result = run_cycle(engine, {"yes_fixes": True}, nobody)
        (finding,) = result["findings"]
        assert finding["category"] == "absolute_threshold" and finding["line"] == 26
        (patch,) = [p for p in result["patches"] if p["kind"] == "fix"]
        assert patch["status"] == "applied", patch
        assert {g["name"]: g["verdict"] for g in patch["gates"]}["tests"] == "pass"
        repaired = file.read_text(encoding="utf-8")
        assert "min_volume.value" not in repaired and "1_000_000" not in repaired
        assert run_pytest(tmp_path, Path(finding["test"])).returncode == 0
        rollback_patch(engine.system, patch["id"])
    assert file.read_bytes() == before
    assert run_pytest(tmp_path, Path(finding["test"])).returncode == 1


def run_pytest(folder: Path, test: Path) -> subprocess.CompletedProcess[str]:
    """The written test as a person runs it: by plain pytest in the system's folder, Mendel out of reach."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=ALONE)


CALLBACK = """
    def confirm_trade_entry(self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs):
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        return frame.iloc[-1]["volume"] > 1e6
"""
#: The person's real freqtrade, as far as another test of theirs would see it.
REAL = """
import freqtrade


def test_after_the_written_one_freqtrade_is_the_real_one():
    assert freqtrade.REAL
    import freqtrade as again
    assert again is freqtrade
"""


def written(tmp_path: Path, source: str, market: Market) -> Path:
    """The failing test of a volume threshold in ``source``, written beside it."""
    (tmp_path / "volume_trend.py").write_text(source, encoding="utf-8")
    finding = Finding("abc", "absolute_threshold", Severity.HIGH, "volume_trend.py", 27, "a fixed number")
    plan = TestPlan("amount_scale", market.symbol, 0, len(market), {"scaled": ["volume"], "factor": 2.0**-16})
    section = StrategySection(kind="freqtrade", target="volume_trend:VolumeTrend")
    for name, text in test_files(finding, plan, market, section).items():
        (tmp_path / "mendel_tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mendel_tests" / name).write_text(text, encoding="utf-8")
    return tmp_path / "mendel_tests" / "test_mendel_absolute_threshold_abc.py"


@pytest.fixture
def busy() -> Market:
    from adapter_contract import wavy_market

    market = wavy_market()
    return market.with_columns({"volume": market.columns["volume"] * 1e5})


@pytest.mark.parametrize("where", ["entry", "callback"])
def test_the_written_test_fails_now_and_not_after_the_repair(
    tmp_path: Path, busy: Market, where: str
) -> None:
    sound = SOURCE.replace('dataframe["volume"] > self.min_volume.value', 'dataframe["close"] > 0')
    broken = SOURCE if where == "entry" else sound + CALLBACK
    run = run_pytest(tmp_path, written(tmp_path, broken, busy))
    assert run.returncode == 1 and "bars decide otherwise" in run.stdout, run.stdout
    run = run_pytest(tmp_path, written(tmp_path, sound, busy))
    assert run.returncode == 0, run.stdout


def test_a_freqtrade_that_is_installed_is_left_alone(tmp_path: Path, busy: Market) -> None:
    test = written(tmp_path, SOURCE, busy)
    (tmp_path / "freqtrade.py").write_text("REAL = True\n", encoding="utf-8")
    (test.parent / "test_own.py").write_text(REAL, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("import freqtrade\n", encoding="utf-8")
    run = run_pytest(tmp_path, test.parent)
    assert "1 failed, 1 passed" in run.stdout and "bars decide otherwise" in run.stdout, run.stdout


def test_without_the_folder_beside_it_the_test_is_skipped_with_a_reason(tmp_path: Path, busy: Market) -> None:
    test = written(tmp_path, SOURCE, busy)
    moved = tmp_path / "elsewhere" / test.name
    moved.parent.mkdir()
    test.rename(moved)
    run = run_pytest(tmp_path, moved)
    assert "1 skipped" in run.stdout, run.stdout
    assert "mendel_inside belongs beside this test" in moved.read_text(encoding="utf-8")
