"""The runner with the real sandbox: from a folder of source to decisions, and from a broken one to a reason."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sandbox.host.contracts import SandboxPlace, Status
from sandbox.host.sandbox import Sandbox
from tools.contracts import Market
from tools.system.bundles import BundleStore
from tools.system.runner import Runner, StrategyFailed, require
from tools.system.system import System

pytestmark = pytest.mark.sandbox

SOURCE = """
from dataclasses import dataclass

@dataclass
class Params:
    floor: float = 2.5

def signals(bars, params):
    bars["enter_long"] = bars["volume"] > params.floor
    return bars
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    root = tmp_path / "system"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg/__init__.py").write_text("")
    (root / "pkg/rules.py").write_text(SOURCE)
    (root / "mendel.toml").write_text(
        '[strategy]\nkind = "signals"\ntarget = "pkg.rules:signals"\nparams = "pkg.rules:Params"\n'
    )
    system = System.open(root)
    store = BundleStore(system.bundles)
    store.snapshot(system)  # the place must be there when the sandbox starts
    with Sandbox(SandboxPlace(system.bundles, system.python)) as sandbox:
        yield Runner(system, sandbox, store)


def market(symbol: str) -> Market:
    volume = np.array([1.0, 2.0, 3.0, 4.0])
    prices = {name: np.full(4, 10.0) for name in ("open", "high", "low", "close")}
    time = np.arange(4, dtype=np.int64) * 60_000_000_000
    return Market(symbol, 1, time, {**prices, "volume": volume}, {"volume": ("volume",)})


def test_source_becomes_decisions_and_a_changed_bundle_other_decisions(runner: Runner) -> None:
    base = runner.store.snapshot(runner.system)
    markets = {name: market(name) for name in ("AAA", "BBB")}
    answers = runner.decide_many(base, markets)
    assert {name: require(a).entries().tolist() for name, a in answers.items()} == {
        name: [0, 0, 1, 1] for name in markets
    }
    assert require(answers["AAA"]).column("size").tolist() == [1.0] * 4
    overridden = runner.decide(base, markets["AAA"], overrides={"floor": 3.5})
    assert require(overridden).entries().tolist() == [0, 0, 0, 1]
    eager = runner.store.derive(base, {"pkg/rules.py": SOURCE.replace("2.5", "0.5")})
    assert require(runner.decide(eager, markets["AAA"])).entries().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def signals(:\n", "SyntaxError"),
        ("def signals(b, p):\n    raise ValueError('odd')\n", "odd"),
        ("", "signals"),
    ],
)
def test_broken_source_is_a_reason_in_one_line(runner: Runner, source: str, words: str) -> None:
    base = runner.store.snapshot(runner.system)
    text = source + "\nclass Params:\n    pass\n"
    broken = runner.store.derive(base, {"pkg/rules.py": text})
    answer = runner.decide(broken, market("AAA"))
    assert answer.decisions is None and answer.outcome.status is Status.REJECTED
    with pytest.raises(StrategyFailed, match=words) as caught:
        require(answer)
    assert "\n" not in str(caught.value)
