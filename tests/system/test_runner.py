"""The runner: what it asks, what it remembers, and how a failure reads."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandbox.host.contracts import Evaluation, Outcome, Status, Trace
from tools.contracts import DECISION_COLUMNS, Market
from tools.system.adapters.base import AdapterError
from tools.system.adapters.registry import adapter_for
from tools.system.bundles import BundleStore
from tools.system.config import parse_config
from tools.system.memo import MarketHashes, Memo, market_hash
from tools.system.runner import Runner, StrategyFailed, require
from tools.system.system import System


class Threshold:
    """An evaluator that works in this process: long where volume is above a number. It counts its runs."""

    def __init__(self, status: Status = Status.OK) -> None:
        self.status, self.asked = status, list[Evaluation]()

    def evaluate(self, evaluation: Evaluation) -> Outcome:
        self.asked.append(evaluation)
        if self.status is not Status.OK:
            return Outcome(self.status, "ValueError: no\nsecond line")
        table = np.zeros((len(evaluation.time), len(evaluation.fields)))
        table[:, evaluation.fields.index("size")] = 1.0
        above = evaluation.columns["volume"] > evaluation.overrides.get("floor", 1.0)
        table[above, evaluation.fields.index("enter_long")] = 1.0
        return Outcome(Status.OK, "", table, ("enter_long",))

    def evaluate_many(self, evaluations: list[Evaluation]) -> list[Outcome]:
        return [self.evaluate(evaluation) for evaluation in evaluations]


def market(symbol: str = "AAA", volume: Sequence[float] = (0, 2, 3)) -> Market:
    time = np.arange(len(volume), dtype=np.int64) * 60_000_000_000
    return Market(symbol, 1, time, {"volume": np.array(volume, dtype=float)}, {"volume": ("volume",)})


def runner(evaluator: Threshold) -> Runner:
    config = parse_config(
        '[strategy]\nkind = "signals"\ntarget = "a:b"\nparams = "a:P"\n[system]\nstubs = ["talib"]\n'
    )
    system = System(Path("/nowhere"), config, Path("/nowhere"))
    return Runner(system, evaluator, BundleStore(Path("/nowhere/bundles")))


def test_decisions_are_read_only_tables_of_nine_columns() -> None:
    decisions = require(runner(Threshold()).decide("b", market()))
    assert decisions.values.shape == (3, 9)
    assert decisions.entries().tolist() == [0, 1, 1]
    assert decisions.column("size").tolist() == [1, 1, 1]
    assert not decisions.column("stop").any() and not decisions.values.flags.writeable


def test_the_evaluation_carries_the_settings() -> None:
    evaluator = Threshold()
    trace = Trace(2)
    runner(evaluator).decide("b", market(), overrides={"floor": 2.5}, trace=trace, repeat=3)
    asked = evaluator.asked[0]
    assert (asked.target, asked.params, asked.stubs, asked.adapter) == ("a:b", "a:P", ("talib",), "signals")
    assert (asked.overrides, asked.trace, asked.repeat) == ({"floor": 2.5}, trace, 3)


def test_equal_questions_are_asked_once() -> None:
    evaluator = Threshold()
    run = runner(evaluator)
    first = run.decide("b", market())
    assert run.decide("b", market()) is first and len(evaluator.asked) == 1
    others = [
        {"overrides": {"floor": 1}},
        {"overrides": {"floor": 1.0}},
        {"overrides": {"floor": True}},
        {"repeat": 2},
    ]
    others += [
        {"trace": Trace(1)},
        {"trace": Trace(1, forced={0: True})},
        {"trace": Trace(1, replay={0: np.ones(3)})},
    ]
    for other in others:
        run.decide("b", market(), **other)  # type: ignore[arg-type]
    assert len(evaluator.asked) == 1 + len(others)
    run.decide("c", market())
    run.decide("b", market(volume=(0, 2, 4)))
    run.decide("b", market(), fresh=True)
    assert len(evaluator.asked) == 4 + len(others)


def test_many_are_asked_together_and_only_the_unknown() -> None:
    evaluator = Threshold()
    run = runner(evaluator)
    run.decide("b", market("AAA"))
    answers = run.decide_many("b", {name: market(name) for name in ("AAA", "BBB", "CCC")})
    assert list(answers) == ["AAA", "BBB", "CCC"]
    assert [asked.symbol for asked in evaluator.asked] == ["AAA", "BBB", "CCC"]


@pytest.mark.parametrize(
    ("status", "runs", "remedy"),
    [
        (Status.REJECTED, 1, "mend the strategy and run it again"),
        (Status.TIMEOUT, 2, r"let it wait for nothing, or raise \[sandbox\] wall_s in mendel.toml"),
        (Status.INFRASTRUCTURE, 2, "see: mendel doctor"),
    ],
)
def test_a_failure_is_an_answer_and_only_a_final_one_is_remembered(
    status: Status, runs: int, remedy: str
) -> None:
    evaluator = Threshold(status)
    run = runner(evaluator)
    answers = [run.decide("b", market()) for _ in range(2)]
    assert len(evaluator.asked) == runs
    with pytest.raises(
        StrategyFailed,
        match=rf"^AAA: .*\({status}\): ValueError: no second line; {remedy}$",
    ) as caught:
        require(answers[1])
    assert caught.value.status is status


def test_a_table_of_the_wrong_shape_is_refused() -> None:
    short = Outcome(Status.OK, "", np.zeros((2, len(DECISION_COLUMNS))), DECISION_COLUMNS)
    with pytest.raises(AdapterError, match="one row a bar"):
        adapter_for("signals").decisions(market(), short)


@pytest.mark.parametrize("kind", ["vectorbt", ""])
def test_kinds_that_nobody_knows_say_so(kind: str) -> None:
    with pytest.raises(AdapterError, match=f"kind = '{kind}': cannot be run yet"):
        adapter_for(kind)


def test_market_hash_sees_every_part() -> None:
    one = market()
    moved = replace(one, time=one.time + 1)
    renamed = replace(one, columns={"flow": one.columns["volume"]})
    hashes = {
        market_hash(m)
        for m in (one, moved, renamed, market("BBB"), market(volume=(0, 2, 3.0000001)), one.cut(0, 2))
    }
    assert len(hashes) == 6
    assert market_hash(market()) == market_hash(one)


def test_market_hashes_do_not_mix_up_objects_that_die() -> None:
    hashes = MarketHashes()
    for size in range(2, 60):  # ids are used again by the interpreter
        assert hashes.of(market(volume=[1.0] * size)) == market_hash(market(volume=[1.0] * size))


def test_memo_keeps_the_latest_within_its_cap() -> None:
    memo: Memo[str] = Memo(10, len)
    memo.put("a", "x" * 4)
    memo.put("b", "x" * 4)
    assert memo.get("a") == "xxxx"
    memo.put("c", "x" * 4)
    assert memo.get("b") is None and memo.get("a") and memo.get("c")
