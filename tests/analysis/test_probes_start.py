"""Where the data starts: convicted where it decides long after the declared warm-up, silent where it is forgotten by then."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.analysis.failing_test import test_files
from tools.analysis.probes.start import StartProbe
from tools.analysis.probes.start_columns import DECLARED, MEASURED, unforgetting
from tools.analysis.probes.start_settled import unsettled, warmup_of
from tools.analysis.study import Study
from tools.analysis.tests_run import ALONE
from tools.analysis.workbench import Workbench
from tools.bench.bugs_cases import CASES, CLEAN, START

pytestmark = pytest.mark.sandbox
TOML = """
[strategy]
kind = "freqtrade"
target = "swing:Swing"

[data]
path = "data/*.parquet"

[vault]
from = 0.1
"""
SLOW, USUAL = 'dataframe["close"].rolling(144).mean()', 'dataframe["volume"].rolling(144).mean()'
BUSY = 'dataframe["volume"] / dataframe["usual"]'
TOTAL = '(dataframe["volume"] * np.sign(dataframe["close"].diff().fillna(0))).cumsum()'
FIRST = '        dataframe["fast"] ='
WILDER = """        moved = dataframe["close"].diff()
        gain = moved.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
        loss = (-moved).clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
        dataframe["rsi"] = 100 - 100 / (1 + gain / loss)
"""


@pytest.fixture(scope="module")
def workbench(candles: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One sandbox for the file: every case is a version of the same system."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "mendel.toml").write_text(TOML, encoding="utf-8")
    (folder / "swing.py").write_text(CLEAN, encoding="utf-8")
    with Workbench(folder, data=candles, symbols=["BTC", "SOL"]) as opened:
        yield opened


def study_of(workbench: Workbench, source: str) -> Study:
    """The study of a version whose strategy is ``source``."""
    return workbench.study(workbench.store.derive(workbench.study().bundle, {"swing.py": source}))


def swing(*changes: tuple[str, str]) -> str:
    """The sound strategy with other texts in it."""
    source = CLEAN
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return source


def ewm(span: int, startup: int) -> str:
    """The sound strategy with an exponential average and a declared warm-up."""
    average = f'dataframe["close"].ewm(span={span}, adjust=False).mean()'
    return swing((SLOW, average), ("startup_candle_count = 300", f"startup_candle_count = {startup}"))


CONVICTED = {
    **{case.name: (case.source, case.line) for case in CASES if case.kind == START},
    "an average of 3,000 after 30": (ewm(3000, 30), 18),
    "nothing declared, a mean since the first bar": (
        swing(
            ("    startup_candle_count = 300\n", ""),
            (USUAL, 'dataframe["volume"].expanding().mean()'),
        ),
        20,
    ),
}


@pytest.mark.parametrize("name", CONVICTED)
def test_a_start_that_is_not_forgotten_is_convicted_at_its_line(
    workbench: Workbench, tmp_path: Path, name: str
) -> None:
    source, line = CONVICTED[name]
    study = study_of(workbench, source)
    (conviction,) = StartProbe().run(study, [])
    finding = conviction.finding
    assert finding.convicted and finding.category == "start_dependence"
    assert abs(finding.line - line) <= 3, finding.summary
    assert finding.counterexample["cut"] > 0
    market = study.markets[finding.counterexample["symbol"]]
    assert finding.counterexample["settled"] <= finding.counterexample["bar"] < len(market)
    assert conviction.test is not None
    written = test_files(finding, conviction.test, market, study.system.config.strategy)
    assert all(ast.parse(text) for file, text in written.items() if file.endswith(".py"))
    if name == "expanding_mean":
        assert exit_code(tmp_path, source, written) == 1
        assert exit_code(tmp_path, CLEAN, written) == 0


def exit_code(folder: Path, source: str, written: dict[str, str]) -> int:
    """The written test as a person runs it: by plain pytest beside the strategy."""
    for name, text in {"swing.py": source, **{f"t/{name}": text for name, text in written.items()}}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    module = next(iter(written))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"t/{module}"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, env=ALONE).returncode


SOUND = {
    "windows": CLEAN,
    "an average of 50 after 200": ewm(50, 200),
    "an average of 200 after 200": ewm(200, 200),
    "nothing declared, an average of 50": swing(
        ("    startup_candle_count = 300\n", ""), (SLOW, 'dataframe["close"].ewm(span=50).mean()')
    ),
    "Wilder's smoothing after 100": swing(
        (FIRST, WILDER + FIRST),
        ('dataframe["stretch"] < -0.5', 'dataframe["rsi"] < 45'),
        ("startup_candle_count = 300", "startup_candle_count = 100"),
    ),
    "differences of a running total": swing(
        (USUAL, TOTAL), (BUSY, 'dataframe["usual"] - dataframe["usual"].shift(12)')
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_start_that_is_forgotten_is_not_accused(workbench: Workbench, name: str) -> None:
    study = study_of(workbench, SOUND[name])
    assert any(d.entries().any() for d in study.decisions.values())
    assert [c for c in StartProbe().run(study, []) if c.finding.convicted] == []


def test_a_running_total_whose_differences_are_read_is_no_column_to_blame(workbench: Workbench) -> None:
    study = study_of(workbench, SOUND["differences of a running total"])
    market = study.markets["BTCUSDT"]
    assert unforgetting(study, market, 900, DECLARED) is None
    level = swing((USUAL, TOTAL), (BUSY, 'dataframe["usual"] / dataframe["volume"]'))
    found = unforgetting(study_of(workbench, level), market, 900, DECLARED)
    assert found is not None and found.name == "usual"


@pytest.mark.parametrize("name", ["whole_sample_mean", "whole_sample_quantile", "last_value"])
def test_what_depends_on_the_end_is_left_to_the_search_for_look_ahead(
    workbench: Workbench, name: str
) -> None:
    study = study_of(workbench, next(c.source for c in CASES if c.name == name))
    assert [c for c in StartProbe().run(study, []) if c.finding.convicted] == []


def test_the_declared_warm_up_is_read_from_the_class(workbench: Workbench) -> None:
    market = workbench.data.markets["BTCUSDT"]
    declared = warmup_of(study_of(workbench, CLEAN), market)
    assert (declared.bars, declared.place, declared.settled) == (300, ("swing.py", 14), 900)
    for nothing in ("= 0", "= len('unknown')"):
        other = warmup_of(
            study_of(workbench, swing(("startup_candle_count = 300", f"startup_candle_count {nothing}"))),
            market,
        )
        assert other.place is None and other.settled == other.bars == len(market) // 4
    typed = warmup_of(
        study_of(workbench, swing(("startup_candle_count = 300", "startup_candle_count: int = 40"))), market
    )
    assert typed.bars == 40


def test_a_market_that_is_too_short_is_no_evidence(workbench: Workbench) -> None:
    study = study_of(workbench, CONVICTED["expanding_mean"][0])
    apart = unsettled(study)
    assert apart is not None and apart.changed >= 3
    short = apart.market.cut(0, 400)
    assert unforgetting(study, short, 900, DECLARED) is None
    assert unforgetting(study, short.cut(0, 5), 1, MEASURED) is None
