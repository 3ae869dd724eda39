"""A finding about a backtesting.py strategy has a failing test: the class plays beside a paper account, as in the sandbox."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from adapter_contract import wavy_market

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.analysis.failing_test import test_files
from tools.analysis.probes.base import TestPlan
from tools.analysis.written_call import support_files
from tools.contracts import Finding, Severity
from tools.system.bundles import BundleStore
from tools.system.runner import Runner, require
from tools.system.system import System

pytestmark = pytest.mark.sandbox
SOURCE = """
import pandas as pd
from backtesting import Backtest, Strategy

TABLE = pd.read_csv("gone.csv")


def mean(values, n):
    return pd.Series(values).rolling(n).mean()


class Bracket(Strategy):
    n = 30
    stop = 0.004
    floor = 0.0

    def init(self):
        self.mean = self.I(mean, self.data.Close, self.n)

    def next(self):
        price = self.data.Close[-1]
        if self.data.Volume[-1] < self.floor:
            return
        if price > self.mean[-1] * 1.002 and not self.position.is_long:
            self.buy(size=0.5, sl=price * (1 - self.stop), tp=price * 1.006)
        elif price < self.mean[-1] * 0.998 and not self.position.is_short:
            self.sell(sl=price * (1 + self.stop), tp=price * 0.99)
        elif self.closed_trades and len(self.data) - self.closed_trades[-1].exit_bar < 3:
            self.position.close()


if __name__ == "__main__":
    Backtest(TABLE, Bracket, cash=50_000, exclusive_orders=True).run()
"""
TOML = """[strategy]
kind = "backtesting"
target = "bracket:Bracket"
[costs]
fee_bps = { maker = 0.0, taker = 0.0 }
slippage_bps = 0.0
funding = false
"""
REMEMBERS = (
    ("    floor = 0.0", "    floor = 0.0\n    seen = []"),
    (
        "        price = self",
        "        self.seen.append(1)\n        if len(self.seen) > 1000:\n            return\n        price = self",
    ),
)
FAULTY = ("self.data.Volume[-1] < self.floor", "self.data.Volume[-1] < -1.0")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    (tmp_path / "bracket.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "mendel.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


@pytest.fixture
def inside(system: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """What lies beside a written test, in this process."""
    before = list(sys.meta_path), set(sys.modules)
    monkeypatch.chdir(system)
    monkeypatch.syspath_prepend(str(system / "t"))
    monkeypatch.syspath_prepend(str(system))
    for name, text in support_files("backtesting").items():
        file = system / "t" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    yield importlib.import_module("mendel_inside.inside")
    sys.meta_path[:] = before[0]
    for name in [
        n for n in sys.modules if n.startswith(("_mendel_", "mendel_inside")) and n not in before[1]
    ]:
        del sys.modules[name]


def decided(inside: ModuleType, **settings: Any) -> np.ndarray:
    market = wavy_market()
    opens = pd.DatetimeIndex(pd.to_datetime(market.time, utc=True))
    frame = pd.DataFrame(dict(market.columns), index=opens)
    return np.asarray(inside.decide("backtesting", "bracket:Bracket", frame, settings=settings).to_numpy())


def test_it_decides_what_it_decides_in_the_sandbox(system: Path, inside: ModuleType) -> None:
    opened = System.open(system)
    store = BundleStore(opened.bundles)
    with Sandbox(SandboxPlace(opened.bundles, opened.python)) as sandbox:
        runner, base = Runner(opened, sandbox, store), store.snapshot(opened)
        for settings in ({}, {"stop": 0.02}):
            there = require(runner.decide(base, wavy_market(), overrides=settings)).values
            assert (there[:, 0] > 0).sum() > 10 and (there[:, 2] > 0).sum() > 10
            np.testing.assert_allclose(decided(inside, **settings), there, rtol=1e-9)


def test_what_the_class_remembers_lasts_until_it_is_forgotten(system: Path, inside: ModuleType) -> None:
    text = SOURCE
    for old, new in REMEMBERS:
        text = text.replace(old, new, 1)
    (system / "bracket.py").write_text(text, encoding="utf-8")
    first, second = decided(inside), decided(inside)
    assert not np.array_equal(first, second)
    inside.forget()
    np.testing.assert_array_equal(decided(inside), first)
    assert "bracket" not in sys.modules and "backtesting" not in sys.modules


def test_a_test_that_looks_inside_fails_while_the_defect_is_there(system: Path) -> None:
    """The script is run statement by statement; what the test changes in it must arrive."""
    (system / "bracket.py").write_text(SOURCE.replace(*FAULTY), encoding="utf-8")
    finding = Finding("f1", "always_true", Severity.HIGH, "bracket.py", 23, "it never holds")
    arguments = {"file": "bracket.py", "text": FAULTY[1], "function": "next", "wanted": True}
    plan = TestPlan("reachable", "WAVYUSDT", 0, 600, arguments)
    written = test_files(finding, plan, wavy_market(), System.open(system).config.strategy)
    for name, text in written.items():
        (system / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (system / "t" / name).write_text(text, encoding="utf-8")
    for source, code in ((SOURCE.replace(*FAULTY), 1), (SOURCE, 0)):
        (system / "bracket.py").write_text(source, encoding="utf-8")
        test = "t/test_mendel_always_true_f1.py"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
        done = subprocess.run(command, cwd=system, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code and ("never True" in done.stdout) == bool(code), (
            done.stdout + done.stderr
        )
