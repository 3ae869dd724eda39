"""The hybrid feed: the whole frame once, then questions while a position is open."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sandbox_helpers import BundleMaker, make_bars

from sandbox.child.callbacks import ANSWER, CONFIRM_ENTRY, EXIT, QUESTION
from sandbox.host.contracts import Evaluation, Feed, Floats, Limits, Outcome, Status
from sandbox.host.hybrid import Conversation, HybridDialogue
from sandbox.host.sandbox import Sandbox

pytestmark = pytest.mark.sandbox
LONG = "def signals(bars):\n    return bars['close'] > bars['open']\n"


def engine(heard: list[dict[str, float]], times: int = 5):  # type: ignore[no-untyped-def]
    """Asks ``times`` times and adds what it heard to the first column."""

    def talk(table: Floats) -> Conversation:
        result = table.copy()
        for k in range(times):
            question = dict.fromkeys(QUESTION, 0.0) | {
                "asks": EXIT if k else CONFIRM_ENTRY,
                "bar": k,
                "rate": 1.5,
            }
            answer = yield list((question | {"time": 1_700_000_000_123_456_789}).values())
            heard.append(dict(zip(ANSWER, answer, strict=True)))
        return result * 0.5

    return talk


def ask(
    box: Sandbox, bundle: BundleMaker, text: str, heard: list[dict[str, float]] | None = None, times: int = 5
) -> Outcome:
    time, columns = make_bars(200)
    heard = [] if heard is None else heard
    return box.evaluate(
        Evaluation(
            bundle(files={"toy.py": text}),
            "lone",
            "toy.py:signals",
            None,
            "X",
            time,
            columns,
            ("position",),
            limits=Limits(cpu_seconds=2, wall_seconds=2.0, memory_mb=256),
            feed=Feed.HYBRID,
            dialogue=lambda: HybridDialogue(engine(heard, times)),
        )
    )


def test_the_table_comes_first_and_the_engine_has_the_last_word(box: Sandbox, bundle: BundleMaker) -> None:
    heard: list[dict[str, float]] = []
    text = (
        LONG
        + """
def on_position(trade):
    assert trade.time == 1_700_000_000_123_456_789 and trade.rate == 1.5
    if trade.asks == 2:
        return {"entry": True}
    return {"exit": trade.bar == 3, "stop": 0.01 * trade.bar, "tag": 7} if trade.bar > 1 else None
"""
    )
    outcome = ask(box, bundle, text, heard)
    assert outcome.status is Status.OK, outcome.reason
    _, columns = make_bars(200)
    assert outcome.decisions is not None
    assert (outcome.decisions[:, 0] == 0.5 * (columns["close"] > columns["open"])).all()
    assert heard[0]["entry"] == 1.0 and math.isnan(heard[0]["stop"]) and math.isnan(heard[1]["exit"])
    assert [h["exit"] for h in heard[2:]] == [0.0, 1.0, 0.0] and heard[2]["stop"] == 0.02
    assert outcome.dialogue is not None and outcome.dialogue.asked == 6  # type: ignore[attr-defined]


def test_the_table_is_what_it_was_when_it_was_read(box: Sandbox, bundle: BundleMaker) -> None:
    text = (
        LONG
        + """
import mmap, numpy as np
def on_position(trade):
    view = np.frombuffer(mmap.mmap(4, 0), np.float64)
    view[:] = np.nan
    return None
"""
    )
    outcome = ask(box, bundle, text)
    assert outcome.status is Status.OK, outcome.reason
    assert outcome.decisions is not None and np.isfinite(outcome.decisions).all()


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("def signals(b): return [2.0] * len(b)\n", Status.REJECTED, "between -1 and 1"),
        (LONG + "def on_position(t): return {'stop': float('inf')}\n", Status.REJECTED, "callback's stop"),
        (LONG + "def on_position(t): return {'exit': 0.5}\n", Status.REJECTED, "callback's exit"),
        (LONG + "def on_position(t): return {'leverage': 1000}\n", Status.REJECTED, "callback's leverage"),
        (LONG + "def on_position(t): return 1 / 0\n", Status.REJECTED, "ZeroDivisionError"),
        (LONG + "def on_position(t):\n    while True: pass\n", Status.TIMEOUT, ""),
        ("import os\ndef signals(b): os.write(9, bytes(64)); os._exit(0)\n", Status.REJECTED, "no decisions"),
    ],
)
def test_children_that_misbehave(
    box: Sandbox, bundle: BundleMaker, text: str, status: Status, reason: str
) -> None:
    outcome = ask(box, bundle, text)
    assert (outcome.status, outcome.decisions) == (status, None), outcome.reason
    assert reason in outcome.reason


def test_no_question_costs_no_answer(box: Sandbox, bundle: BundleMaker) -> None:
    heard: list[dict[str, float]] = []
    assert ask(box, bundle, LONG, heard, times=0).status is Status.OK
    assert heard == []
