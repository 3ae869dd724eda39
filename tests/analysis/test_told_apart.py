"""What is seen of written tests before they are shown, and which proven things are told, put off or left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.analysis.brisk import LEAST_BARS, brisk, shortened_notes
from tools.analysis.detect import diagnose, merge, put_off
from tools.analysis.detectors.uncalled import inside_uncalled
from tools.analysis.probes.base import UNPLACED, Conviction, TestPlan, make_finding
from tools.analysis.probes.protection import ProtectionProbe
from tools.analysis.probes.start_level import level_matters
from tools.analysis.source import SourceTree
from tools.analysis.study import Study
from tools.analysis.tests_run import which_fail
from tools.analysis.workbench import Workbench
from tools.contracts import Finding, Severity

pytestmark = pytest.mark.sandbox
TOML = """
[strategy]
kind = "signals"
target = "strategy:signals"

[data]
path = "data/*.parquet"

[vault]
from = 0.1
"""
SOURCE = """
import numpy as np
import pandas as pd


def signals(df):
    total = df["close"].diff().fillna(0).cumsum()
    moved = total - total.shift(12)
    trade = open_trade(df)
    out = pd.DataFrame(index=df.index)
    out["enter_long"] = ((moved > 0) & (df["close"] > trade["stop"])).astype(float)
    out["exit_long"] = (moved < 0).astype(float)
    return out


def open_trade(df):
    return {"stop": df["close"].rolling(12).mean(), "side": 1}
"""


@pytest.fixture(scope="module")
def workbench(candles: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One sandbox for the file."""
    folder = tmp_path_factory.mktemp("system")
    (folder / "mendel.toml").write_text(TOML, encoding="utf-8")
    (folder / "strategy.py").write_text(SOURCE, encoding="utf-8")
    with Workbench(folder, data=candles, symbols=["BTC"]) as opened:
        yield opened


@pytest.fixture
def study(workbench: Workbench) -> Study:
    """The system as it is."""
    return workbench.study()


def test_a_written_test_is_seen_to_fail(study: Study, tmp_path: Path) -> None:
    texts = {
        "fails": "def test_it():\n    assert 1 == 2\n",
        "passes": "def test_it():\n    import strategy\n    assert strategy.signals\n",
        "breaks": "import nothing_of_that_name\n",
        "leaves": "import os\nos._exit(1)\n",
    }
    paths = {}
    for name, text in texts.items():
        path = tmp_path / f"test_{name}.py"
        path.write_text(("" if name != "passes" else "import sys\nsys.path.insert(0, '.')\n") + text)
        paths[name] = str(path)
    answers = which_fail(study, paths.values())
    assert {n: answers.get(p) for n, p in paths.items()} == {
        "fails": True,
        "passes": False,
        "breaks": False,
        "leaves": True,  # as pytest itself would say
    }


class _Wrong:
    """A probe that claims what its test does not show."""

    name = "wrong"

    def run(self, study: Study, suspects: object) -> list[Conviction]:
        """One conviction with a test that passes."""
        finding = make_finding(
            "always_true", Severity.LOW, ("strategy.py", 7, "x"), "It is so.", {"probe": "wrong"}
        )
        return [Conviction(finding, TestPlan("repeat", "BTCUSDT", 0, 300, {}))]


def test_a_test_that_passes_is_not_shown(study: Study, tmp_path: Path) -> None:
    (finding,) = diagnose(study, [_Wrong()], tests=tmp_path).findings
    assert finding.test is None
    assert not list(tmp_path.glob("test_*"))


def test_differences_of_a_total_have_no_origin(workbench: Workbench, study: Study) -> None:
    place = (7, SOURCE.splitlines()[6].index("df["))
    assert not level_matters(study, "strategy.py", place)
    source = SOURCE.replace("moved = total - total.shift(12)", "moved = total - 0.5")
    other = workbench.study(workbench.store.derive(study.bundle, {"strategy.py": source}))
    assert level_matters(other, "strategy.py", place)


def test_the_stop_of_a_positions_own_memory_is_no_stop_that_was_never_set(study: Study) -> None:
    assert ProtectionProbe().run(study, []) == []


def test_a_slow_strategy_is_asked_about_its_last_bars(study: Study) -> None:
    assert study.decisions and brisk(study) is study and shortened_notes(study, study) == ()
    study._run_seconds = 400.0
    shorter = brisk(study)
    assert {len(m) for m in shorter.markets.values()} == {LEAST_BARS}
    assert all(m.time[-1] == study.markets[s].time[-1] for s, m in shorter.markets.items())
    (note,) = shortened_notes(study, shorter)
    assert f"{LEAST_BARS:,}" in note


def convicted(category: str, line: int, *, placed: bool = True) -> Conviction:
    """A conviction at a line."""
    place = ("strategy.py", line, f"{category}{line}")
    details = {} if placed else UNPLACED
    return Conviction(make_finding(category, Severity.HIGH, place, "It is so.", {"n": line}, details))


def told(found: list[Finding]) -> list[str]:
    """Their categories."""
    return [f.category for f in found]


def test_what_another_finding_may_explain_is_put_off() -> None:
    ahead, dead = convicted("lookahead", 3), convicted("unreachable_rule", 20)
    nowhere, floor = convicted("nan_as_zero", 1, placed=False), convicted("absolute_threshold", 9)
    assert told([c.finding for c in merge([ahead, dead, nowhere, floor])]) == [
        "lookahead",
        "absolute_threshold",
    ]
    later = put_off([ahead, dead, nowhere, floor], merge([ahead, dead, nowhere, floor]))
    assert told(later) == ["unreachable_rule", "nan_as_zero"] and not any(f.convicted for f in later)
    assert told([c.finding for c in merge([nowhere])]) == ["nan_as_zero"]
    assert put_off([dead, floor], merge([dead, floor])) == []


@pytest.mark.parametrize(
    ("source", "dead"),
    [
        ("def decide(x):\n    return x\n", False),
        ("def decide(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x.limit\n", False),
        ("def decide(x):\n    return x\n\n\ndef helper(x):\n    return x.limit\n", True),
        ("def decide(x):\n    return x\n\n\ndef helper(x):\n    return inner(x)\n\n\ndef inner(x):\n    return x.limit\n", True),
        ("RULES = ['helper']\n\n\ndef decide(x):\n    return x\n\n\ndef helper(x):\n    return x.limit\n", False),
        ("def decide(x):\n    return x\n\n\n@rule\ndef helper(x):\n    return x.limit\n", False),
    ],
    ids=["alone", "called", "uncalled", "called by an uncalled one", "named in a text", "decorated"],
)  # fmt: skip
def test_functions_that_nothing_calls(source: str, dead: bool) -> None:
    tree = SourceTree.from_files({"strategy.py": source}).files["strategy.py"].tree
    inside = inside_uncalled([tree], "strategy:decide")
    limits = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert any(id(n) in inside for n in limits) is dead


def test_a_stop_that_is_a_setting_is_not_taken_for_a_positions_memory(
    workbench: Workbench, study: Study
) -> None:
    source = SOURCE.replace(
        "    return out\n\n\ndef open", '    out["stop"] = 0 * P["stop"]\n    return out\n\n\ndef open', 1
    )
    source = source.replace('(df["close"] > trade["stop"])', '(df["close"] > trade)')
    source = source.replace(
        'return {"stop": df["close"].rolling(12).mean(), "side": 1}', 'return df["close"].rolling(12).mean()'
    )
    source = source.replace("def signals", 'P = {"stop": 0.02}\n\n\ndef signals', 1)
    other = workbench.study(workbench.store.derive(study.bundle, {"strategy.py": source}))
    found = [c.finding for c in ProtectionProbe().run(other, [])]
    assert told(found) == ["stop_never_armed"]
