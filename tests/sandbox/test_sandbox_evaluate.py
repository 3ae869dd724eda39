"""What a strategy may be, and what comes back for each way in which it can go wrong."""

from __future__ import annotations

import time as clock
from dataclasses import replace

import numpy as np
import pytest
from sandbox_helpers import FIELDS, MEAN, Asker, BundleMaker, make_bars

from sandbox.host.contracts import RECORDED_PER_BAR, TRACE_HEADER, TRACE_WIDTH, Limits, Status, Trace
from sandbox.host.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

SETTINGS = """
import dataclasses, pandas as pd
@dataclasses.dataclass
class Settings:
    size: float = 0.5
    stop: float = 0.02
STANDARD = Settings()
TABLE = {"size": 0.5, "stop": 0.02}
class Plain:
    size = 0.5
    stop = 0.02
PLAIN = Plain()
def decide(bars, params):
    get = params.get if isinstance(params, dict) else lambda name: getattr(params, name)
    return pd.DataFrame({"enter_long": 1, "size": get("size"), "stop": get("stop")}, index=bars.index)
class Maker:
    def __init__(self, params): self.params = params
    def generate(self, bars): return decide(bars, self.params)
class Both:
    def signals(self, bars, params): return decide(bars, params)
class Holder:
    class Inner:
        def __call__(self, bars): return decide(bars, STANDARD)
"""


def test_a_plain_function_answers_as_it_does_here(box: Sandbox, ask: Asker) -> None:
    import pandas as pd

    outcome = box.evaluate(ask(MEAN))
    close = pd.Series(make_bars()[1]["close"])
    expected = (close > close.rolling(20).mean()).to_numpy(dtype=float)
    assert outcome.status is Status.OK
    assert outcome.present == ("enter_long", "exit_long")
    assert outcome.decisions is not None and outcome.decisions.shape == (400, 9)
    np.testing.assert_array_equal(outcome.decisions[:, 0], expected)
    np.testing.assert_array_equal(outcome.decisions[:, 1], 1 - expected)
    np.testing.assert_array_equal(outcome.decisions[:, 4], 1.0)  # no size: all of it
    assert not outcome.decisions[:, [2, 3, 5, 6, 7, 8]].any()


@pytest.mark.parametrize(
    ("target", "params"),
    [
        ("strategy:decide", "strategy:Settings"),
        ("strategy:decide", "strategy:STANDARD"),
        ("strategy:decide", "strategy:TABLE"),
        ("strategy:decide", "strategy:PLAIN"),
        ("strategy:Maker", "strategy:Settings"),
        ("strategy:Both", "strategy:Settings"),
    ],
)
def test_settings_reach_the_strategy(box: Sandbox, ask: Asker, target: str, params: str) -> None:
    plain = box.evaluate(ask(SETTINGS, target=target, params=params))
    changed = box.evaluate(ask(SETTINGS, target=target, params=params, overrides={"size": 0.25}))
    assert plain.decisions is not None and changed.decisions is not None, (plain.reason, changed.reason)
    assert plain.decisions[0, 4:6].tolist() == [0.5, 0.02]
    assert changed.decisions[0, 4:6].tolist() == [0.25, 0.02]


def test_a_dotted_class_without_settings(box: Sandbox, ask: Asker) -> None:
    assert box.evaluate(ask(SETTINGS, target="strategy:Holder.Inner")).status is Status.OK


@pytest.mark.parametrize(
    ("strategy", "more", "words"),
    [
        ("def decide(bars):\n    return bars +\n", {}, "SyntaxError: invalid syntax (strategy.py:2)"),
        ("import no_such_thing\n", {}, "No module named 'no_such_thing' (strategy.py:1)"),
        ("\ndef decide(bars):\n    return 1 + 'x'\n", {}, "TypeError: unsupported operand type(s) for +: 'int' and 'str' (strategy.py:3)"),
        ("x = 1\n", {}, "strategy has no decide"),
        ("decide = 5\n", {}, "int, not something that can be called"),
        ("def decide(bars): return bars['close']\n", {}, "returned a Series, not a DataFrame"),
        ("def decide(bars): return bars.iloc[1:].assign(enter_long=1)\n", {}, "returned 399 rows for 400 bars"),
        ("def decide(bars): return bars.reset_index(drop=True).assign(enter_long=1)\n", {}, "another index"),
        ("def decide(bars): return bars\n", {}, "no decision column (columns: open, close, volume); wanted enter_long, exit_long, enter_short, exit_short (strategy.py:1)"),
        ("class Bot:\n    def signals(self, bars): return 3\ndecide = Bot().signals\n", {}, "returned a int, not a DataFrame of decisions (strategy.py:2)"),
        ("def decide(bars):\n    return bars.assign(enter_long=bars['cvd'] > 0)\n", {}, "KeyError: 'cvd' (strategy.py:2); the market has open, close, volume: add the column to the data"),
        ("def decide(bars):\n    return bars.assign(enter_long=bars.cvd > 0)\n", {}, "no attribute 'cvd' (strategy.py:2); the market has open, close, volume: add the column to the data"),
        ("def decide(bars): return bars.assign(enter_long='x')\n", {}, "column enter_long has type"),
        ("def decide(bars): return bars.assign(enter_long=bars.index)\n", {}, "wanted numbers or booleans"),
        ("def decide(bars): return bars.assign(enter_long=0.5)\n", {}, "enter_long must be 0 or 1, got 0.5 at bar 0"),
        ("def decide(bars): return bars.assign(enter_long=1, size=1.5)\n", {}, "size must be a fraction of equity between 0 and 1, got 1.5"),
        ("def decide(bars): return bars.assign(enter_long=1, stop=3021.5)\n", {}, "stop must be a fraction of the entry price, got 3021.5 at bar 0: looks like a price level"),
        ("def decide(bars): return bars.assign(enter_long=1, target=11.0)\n", {}, "looks like a price level"),
        ("def decide(bars): return bars.assign(enter_long=1, max_bars=-1)\n", {}, "max_bars must be a count of bars"),
        ("def decide(bars): return bars.assign(enter_long=1, stop=float('inf'))\n", {}, "stop must be a number on every bar"),
        ("def decide(bars, params): return bars.assign(enter_long=1)\n", {}, "set strategy.params in mendel.toml"),
        ("def decide(bars): return bars.assign(enter_long=1)\n", {"overrides": {"n": 1}}, "settings ['n'] cannot be changed"),
        (SETTINGS, {"params": "strategy:PLAIN", "overrides": {"nope": 1}}, "no setting 'nope'"),
        (SETTINGS, {"params": "strategy:Settings", "overrides": {"nope": 1}}, "unexpected keyword argument 'nope'"),
        ("import sys\ndef decide(bars): sys.exit(0)\n", {}, "SystemExit: 0 (strategy.py:2)"),
        ("def decide(bars): raise ValueError('\\x1b[2J\\u202e two\\nlines')\n", {}, "ValueError: [2J two lines (strategy.py:1)"),
        ("class E(Exception):\n    def __str__(self): raise KeyError\ndef decide(bars): raise E\n", {}, "E (KeyError while it was described)"),
    ],
)  # fmt: skip
def test_typed_rejections(
    box: Sandbox, ask: Asker, strategy: str, more: dict[str, object], words: str
) -> None:
    outcome = box.evaluate(ask(strategy, **more))
    assert outcome.status is Status.REJECTED
    assert words in outcome.reason
    assert outcome.decisions is None and len(outcome.reason) <= 500


def test_unknown_values_and_types_that_convert(box: Sandbox, ask: Asker) -> None:
    strategy = """
import numpy as np, pandas as pd
def decide(bars):
    out = pd.DataFrame(index=bars.index)
    flag = pd.array([True, None] * (len(bars) // 2), dtype="boolean")
    out["enter_long"] = flag
    out["exit_long"] = pd.array([1, None] * (len(bars) // 2), dtype="Int64")
    out["enter_short"] = np.array([0, 1] * (len(bars) // 2), dtype="int8")
    out["exit_short"] = np.array([1, 0] * (len(bars) // 2), dtype=object)
    out["size"] = [0.5, np.nan] * (len(bars) // 2)
    out["stop"] = [0.1, np.nan] * (len(bars) // 2)
    return out
"""
    outcome = box.evaluate(ask(strategy))
    assert outcome.decisions is not None, outcome.reason
    assert outcome.decisions[:2, :6].tolist() == [[1, 1, 0, 1, 0.5, 0.1], [0, 0, 1, 0, 1.0, 0.0]]


def test_the_bars_are_what_the_contract_says(box: Sandbox, ask: Asker) -> None:
    strategy = """
import os, sys, pandas as pd
def decide(bars):
    assert isinstance(bars.index, pd.DatetimeIndex) and str(bars.index.tz) == "UTC" and bars.index.name is None
    assert list(bars.columns) == ["open", "close", "volume"] and (bars.dtypes == "float64").all()
    assert bars.attrs["symbol"] == "TESTUSDT"
    assert os.getcwd() == "/scratch" and sys.path[0] == "/system"
    bars.iloc[0, 0] = 5.0
    open("note.txt", "w").write("mine")
    return pd.DataFrame({"enter_long": bars["open"] == 5.0}, index=bars.index)
"""
    outcome = box.evaluate(ask(strategy))
    assert outcome.decisions is not None, outcome.reason
    assert outcome.decisions[0, 0] == 1.0
    again = box.evaluate(ask(strategy))
    assert again.status is Status.OK  # the market was not changed by the first


def test_nothing_of_ours_can_be_imported_and_the_systems_packages_win(
    box: Sandbox, bundle: BundleMaker, ask: Asker
) -> None:
    name = bundle(
        "from tools.helper import ok\nimport importlib.util as u\n"
        "assert u.find_spec('agents') is None and u.find_spec('sandbox') is None\n"
        "def decide(bars): return bars.assign(enter_long=ok)\n",
        {"tools/__init__.py": "", "tools/helper.py": "ok = 1\n"},
    )
    outcome = box.evaluate(replace(ask(MEAN), bundle=name))
    assert outcome.status is Status.OK, outcome.reason


def test_time_processor_memory_and_crashes(box: Sandbox, ask: Asker) -> None:
    quick = Limits(cpu_seconds=1, wall_seconds=2.0, memory_mb=256)
    started = clock.monotonic()
    sleeping = box.evaluate(
        ask("import time\ndef decide(bars): time.sleep(60)\n", limits=replace(quick, wall_seconds=0.5))
    )
    looping = box.evaluate(
        ask("def decide(bars):\n    while True: pass\n", limits=replace(quick, wall_seconds=20))
    )
    hungry = box.evaluate(ask("import numpy as np\ndef decide(bars): np.ones(1 << 30)\n", limits=quick))
    broken = box.evaluate(ask("import ctypes\ndef decide(bars): ctypes.string_at(8)\n", limits=quick))
    assert (sleeping.status, looping.status) == (Status.TIMEOUT, Status.TIMEOUT)
    assert "0.5 s" in sleeping.reason and "processor time" in looping.reason
    assert (hungry.status, broken.status) == (Status.CRASHED, Status.CRASHED)
    assert "out of memory (limit 256 MB)" in hungry.reason and "SIGSEGV" in broken.reason
    assert clock.monotonic() - started < 10


def test_a_forged_exit_code_is_never_our_failure(box: Sandbox, ask: Asker) -> None:
    for code in (0, 17, 18, 99):
        outcome = box.evaluate(ask(f"import os\nos._exit({code})\n"))
        assert outcome.status in (Status.REJECTED, Status.CRASHED) and outcome.decisions is None


def test_output_goes_to_the_log_and_is_cut(
    box: Sandbox, ask: Asker, capfd: pytest.CaptureFixture[str]
) -> None:
    chatty = "import os, sys\n" + MEAN.replace(
        "    return out",
        "    print('a\\x1b[31mb' * 3)\n    sys.stderr.write('z' * 10**6)\n    print('more')\n    return out",
    )
    outcome = box.evaluate(ask(chatty))
    assert outcome.status is Status.OK, outcome.reason
    assert outcome.log.startswith("a[31mb") and len(outcome.log) <= Limits().log_bytes
    assert capfd.readouterr() == ("", "")


def test_repeat_shows_state_between_calls(box: Sandbox, ask: Asker) -> None:
    stateful = "calls = []\ndef decide(bars):\n    calls.append(1)\n    return bars.assign(enter_long=len(calls) == 3)\n"
    once, thrice = box.evaluate(ask(stateful)), box.evaluate(ask(stateful, repeat=3))
    assert once.decisions is not None and thrice.decisions is not None
    assert once.decisions[0, 0] == 0.0 and thrice.decisions[0, 0] == 1.0


def test_children_do_not_share_a_random_state(box: Sandbox, ask: Asker) -> None:
    draws = "import random, numpy as np\ndef decide(bars): return bars.assign(enter_long=1, size=random.random(), stop=np.random.rand() / 2)\n"
    first, second = box.evaluate(ask(draws)), box.evaluate(ask(draws))
    assert first.decisions is not None and second.decisions is not None
    assert (first.decisions[0, 4:6] != second.decisions[0, 4:6]).all()


def test_stubs_are_inert(box: Sandbox, ask: Asker) -> None:
    strategy = """
import broker
from broker.client import Client, retry
import pandas.brokerage
@retry
def decide(bars):
    with Client("key") as client:
        for order in client.orders(): raise RuntimeError
    if broker.positions(): raise RuntimeError
    class Mine(broker.Base): pass
    return bars.assign(enter_long=float(broker.balance()["USDT"]) == 0)
"""
    assert box.evaluate(ask(strategy)).status is Status.REJECTED
    outcome = box.evaluate(ask(strategy, stubs=("broker", "pandas.brokerage")))
    assert outcome.decisions is not None, outcome.reason
    assert outcome.decisions[0, 0] == 1.0


def test_a_traced_system_is_counted_forced_and_replayed(box: Sandbox, ask: Asker) -> None:
    strategy = """
import _mendel_trace
def decide(bars):
    busy = _mendel_trace.compare(0, ">", bars["volume"], 20.0)
    calm = _mendel_trace.compare(1, "<", bars["close"], 0.0)
    return bars.assign(enter_long=busy, exit_long=calm)
"""
    volume = make_bars()[1]["volume"]
    replayed = np.tile([1.0, 0.0], 200)
    seen = box.evaluate(ask(strategy, trace=Trace(2, record=(0,))))
    forced = box.evaluate(ask(strategy, trace=Trace(2, forced={1: True}, replay={0: replayed}, record=(1,))))
    assert seen.decisions is not None and seen.trace is not None, seen.reason
    assert forced.decisions is not None and forced.trace is not None, forced.reason
    assert seen.trace.shape == (2, TRACE_WIDTH) and TRACE_HEADER == 16
    assert seen.trace[0, 1:3].tolist() == [400.0, float((volume > 20).sum())]
    np.testing.assert_array_equal(seen.series[0][:400], (volume > 20).astype(float))
    assert len(seen.series[0]) == 400 * RECORDED_PER_BAR and np.isnan(seen.series[0][400:]).all()
    np.testing.assert_array_equal(forced.decisions[:, 0], replayed)
    assert forced.decisions[:, 1].all() and forced.series[1][:400].all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bundle": "../" + "a" * 61}, "not a sha256"),
        ({"bundle": "a" * 64 + "\n"}, "not a sha256"),
        ({"fields": ()}, "fields must name"),
        ({"columns": {"close": np.zeros(3)}}, "must be float64 of 400 bars"),
        ({"time": np.zeros(400)}, "int64 nanoseconds"),
    ],
)
def test_a_badly_put_question(box: Sandbox, ask: Asker, change: dict[str, object], words: str) -> None:
    outcome = box.evaluate(ask(MEAN, **change))
    assert outcome.status is Status.REJECTED and words in outcome.reason


def test_a_bundle_that_is_not_there(box: Sandbox, ask: Asker) -> None:
    outcome = box.evaluate(ask(MEAN, bundle="0" * 64))
    assert outcome.status is Status.INFRASTRUCTURE and "no bundle" in outcome.reason


def test_no_bars_at_all(box: Sandbox, ask: Asker) -> None:
    time, columns = make_bars(0)
    outcome = box.evaluate(ask(MEAN, time=time, columns=columns))
    assert outcome.status is Status.OK, outcome.reason
    assert outcome.decisions is not None and outcome.decisions.shape == (0, len(FIELDS))
