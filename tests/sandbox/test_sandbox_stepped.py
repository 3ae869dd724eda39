"""The stepped feed: a conversation bar by bar, with a child that may say anything."""

from __future__ import annotations

import os
import subprocess
import sys
import time as clock
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from sandbox_helpers import BundleMaker, make_bars

from sandbox.host.contracts import Evaluation, Feed, Limits, Outcome, Status
from sandbox.host.core import one_core
from sandbox.host.sandbox import Sandbox
from sandbox.host.stepped import BarDialogue

pytestmark = pytest.mark.sandbox
STEADY = "def on_bar(bar, portfolio):\n    return 1.0 if bar['close'] > bar['open'] else -0.5\n"


class Counting:
    """A portfolio that only remembers what was decided."""

    names = ("sum", "last")

    def __init__(self) -> None:
        self.sum = 0.0

    def step(self, bar: int, decided: Sequence[float]) -> tuple[float, float]:
        self.sum += decided[0] if decided else 0.0
        return self.sum, decided[0] if decided else -9.0


def question(bundle: BundleMaker, text: str, bars: int = 300, **more: object) -> Evaluation:
    time, columns = make_bars(bars)
    asked = Evaluation(
        bundle(files={"toy.py": text}),
        "lone",
        "toy.py:on_bar",
        None,
        "X",
        time,
        columns,
        ("position",),
        feed=Feed.STEPPED,
        dialogue=lambda: BarDialogue(time, columns, ("position",), Counting()),
    )
    return replace(asked, **more)  # type: ignore[arg-type]


def ask(box: Sandbox, bundle: BundleMaker, text: str, bars: int = 300, **more: object) -> Outcome:
    return box.evaluate(question(bundle, text, bars, **more))


def test_every_bar_is_asked_about_and_answered(box: Sandbox, bundle: BundleMaker) -> None:
    _, columns = make_bars(300)
    outcome = ask(box, bundle, STEADY)
    assert outcome.status is Status.OK, outcome.reason
    expected = np.where(columns["close"] > columns["open"], 1.0, -0.5)
    assert outcome.decisions is not None and (outcome.decisions[:, 0] == expected).all()
    told = outcome.dialogue.portfolio  # type: ignore[union-attr]
    assert (told[1:, 1] == expected[:-1]).all() and told[0, 1] == -9.0
    np.testing.assert_allclose(told[1:, 0], np.cumsum(expected)[:-1])


def test_what_a_bar_and_a_portfolio_hold(box: Sandbox, bundle: BundleMaker) -> None:
    text = """
def on_bar(bar, portfolio):
    assert set(bar) == {"bar", "time", "open", "close", "volume"}, set(bar)
    assert set(portfolio) == {"sum", "last"}
    assert bar.close == bar["close"] and portfolio.sum == portfolio["sum"]
    assert type(bar["time"]) is int and bar["time"] == 1_700_000_000_000_000_000 + int(bar["bar"]) * 300_000_000_000
    print(int(bar["bar"]))
    return True
"""
    outcome = ask(box, bundle, text, 12)
    assert outcome.status is Status.OK, outcome.reason
    assert outcome.log.split() == [str(bar) for bar in range(12)]


def test_no_later_bar_is_in_the_child(box: Sandbox, bundle: BundleMaker) -> None:
    """Nothing waits in the pipe, the market's memory is empty, no object holds a later price, and nobody told the
    child how many bars there will be."""
    _, columns = make_bars(317)
    text = f"""
import gc, os, select, sys
LATER = {float(columns["close"][200])!r} + 1.0
def on_bar(bar, portfolio):
    assert os.fstat(3).st_size == 0, "memory"
    assert not select.select([8], [], [], 0)[0], "pipe"
    if bar["bar"] != 150:
        return 0.0
    for held in gc.get_objects():
        values = held.values() if isinstance(held, dict) else held if isinstance(held, (tuple, list)) else ()
        for value in list(values):
            assert not (type(value) is float and abs(value + 1.0 - LATER) < 1e-9), "a later price"
    frame = sys._getframe()
    while frame:
        assert "317" not in repr({{k: v for k, v in frame.f_locals.items() if k == "request"}}), "the length"
        frame = frame.f_back
    return 0.0
"""
    outcome = ask(box, bundle, text, 317)
    assert outcome.status is Status.OK, outcome.reason + outcome.log
    known = text.replace('bar["bar"] != 150', 'bar["bar"] != 200')
    assert "a later price" in ask(box, bundle, known, 317).reason  # the search itself works


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("def on_bar(bar, p): return float('nan')\n", Status.REJECTED, "position must be a number"),
        ("def on_bar(bar, p): return 1.5 if bar['bar'] == 7 else 0\n", Status.REJECTED, "got 1.5 at bar 7"),
        ("def on_bar(bar, p): return None\n", Status.REJECTED, "returned a NoneType"),
        ("def on_bar(bar, p): return 1 / (bar['bar'] - 5)\n", Status.REJECTED, "ZeroDivisionError"),
        ("def on_bar(bar, p): return bar['clsoe']\n", Status.REJECTED, "KeyError: 'clsoe'"),
        ("def other(bar): return 0\n", Status.REJECTED, "no function on_bar"),
        ("import os\ndef on_bar(bar, p): os._exit(0)\n", Status.REJECTED, "before the last answer"),
        ("import os\ndef on_bar(bar, p): os.write(9, b'abc'); os._exit(0)\n", Status.REJECTED, "before the"),
        ("import os\ndef on_bar(bar, p): os.close(9)\n", Status.REJECTED, "NoneType"),
        ("import os\ndef on_bar(bar, p): os.abort()\n", Status.CRASHED, "crashed"),
        ("def on_bar(bar, p):\n    while True: pass\n", Status.TIMEOUT, ""),
        ("import time\ndef on_bar(bar, p): time.sleep(9)\n", Status.TIMEOUT, "no answer"),
        (
            "import os\ndef on_bar(bar, p):\n    while 1: os.write(9, b'\\x00' * 4096)\n",
            Status.REJECTED,
            "without being asked",
        ),
        (
            "import os\ndef on_bar(bar, p):\n    while 1: os.write(9, b'\\xff' * 4096)\n",
            Status.REJECTED,
            "without being asked",
        ),
    ],
)
def test_children_that_misbehave(
    box: Sandbox, bundle: BundleMaker, text: str, status: Status, reason: str
) -> None:
    limits = Limits(cpu_seconds=1, wall_seconds=1.2, memory_mb=256)
    outcome = ask(box, bundle, text, limits=limits)
    assert (outcome.status, outcome.decisions) == (status, None), outcome.reason
    assert reason in outcome.reason
    assert ask(box, bundle, STEADY).status is Status.OK


def test_a_rejected_child_is_ended_at_once(box: Sandbox, bundle: BundleMaker) -> None:
    text = """
import time
def on_bar(bar, portfolio):
    if bar["bar"] == 3:
        import os
        os.write(9, b"\\xff" * 8)
        time.sleep(7)
    return 0.0
"""
    started = clock.monotonic()
    outcome = ask(box, bundle, text)
    assert outcome.status is Status.REJECTED and "bar 3" in outcome.reason
    assert clock.monotonic() - started < 2.0
    assert ask(box, bundle, STEADY).status is Status.OK


def test_answers_given_in_advance_are_turned_down(box: Sandbox, bundle: BundleMaker) -> None:
    """They would know no later bar, but the answers would no longer belong to the bars that they are booked on."""
    text = """
import os, struct
def on_bar(bar, portfolio):
    if bar["bar"] == 0:
        os.write(9, struct.pack("3d", 0.1, 0.2, 0.3))
        return 0.4
    return 0.5
"""
    outcome = ask(box, bundle, text, 6)
    assert (outcome.status, outcome.reason) == (
        Status.REJECTED,
        "the strategy answered without being asked",
    )


def test_each_symbol_has_a_child_of_its_own(box: Sandbox, bundle: BundleMaker) -> None:
    text = (
        "SEEN = []\ndef on_bar(bar, portfolio):\n    SEEN.append(bar['close'])\n    return len(SEEN) / 100\n"
    )
    asked = [replace(question(bundle, text, 50), symbol=name) for name in ("A", "B", "C")]
    outcomes = box.evaluate_many(asked)
    assert all(o.decisions is not None for o in outcomes), [o.reason for o in outcomes]
    for outcome in outcomes:
        assert outcome.decisions is not None
        np.testing.assert_allclose(outcome.decisions[:, 0], np.arange(1, 51) / 100)


def test_a_feed_and_its_dialogue_belong_together(box: Sandbox, bundle: BundleMaker) -> None:
    for wrong in ({"feed": Feed.WHOLE}, {"dialogue": None}):
        outcome = ask(box, bundle, STEADY, **wrong)
        assert outcome.status is Status.REJECTED and "dialogue" in outcome.reason


def test_a_conversation_keeps_to_one_core_and_gives_it_back() -> None:
    mine = os.sched_getaffinity(0)
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with one_core(other.pid):
            assert os.sched_getaffinity(0) == os.sched_getaffinity(other.pid)
            assert len(os.sched_getaffinity(0)) == 1
        assert os.sched_getaffinity(0) == os.sched_getaffinity(other.pid) == mine
    finally:
        other.communicate(b"\n", timeout=10)
    with one_core(other.pid):  # it is gone: nothing is lost
        pass
    assert os.sched_getaffinity(0) == mine
