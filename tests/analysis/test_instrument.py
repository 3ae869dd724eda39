"""Traced code decides as the plain code does; its conditions can be counted, forced and replayed."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.child.trace import install
from sandbox.host.contracts import TRACE_WIDTH
from tools.analysis.silence.instrument import InstrumentError, instrument_source
from tools.analysis.silence.rates import decode, exponent

SOURCE = dedent('''
    """Doc."""
    from __future__ import annotations
    import numpy as np

    FLOOR: float | None = 30.0


    def liquid(x: float, floor: float = 5.0) -> bool:
        return abs(x) > floor


    def f(d, least=3):
        hi = d["close"].rolling(5).max().shift(1)
        up = (d["close"] > hi) & (d["volume"] > FLOOR) & ~(d["close"].pct_change().abs() > .05)
        up |= d["volume"].gt(80) | np.less_equal(d["close"], 1.0)
        points = np.where(d["volume"] > 2 * FLOOR, 6, 0)
        text = f"{len(d) > 3}"
        out = []
        for i in range(len(d)):
            if not liquid(d["volume"].iloc[i]):
                out.append(0)
                continue
            flag = up.iloc[i]
            if flag:
                out.append(1)
            elif 0 < i < 7 or (points[i] >= 6 and
                               i > least):
                out.append(2)
            else:
                out.append(3 if i % 2 == 0 else 4)
        return pd.DataFrame({"up": up, "points": points, "out": out}), text
''')


def frame(n: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    return pd.DataFrame({"close": close, "volume": rng.lognormal(3, 1, n)})


def execute(text: str, *arguments: Any) -> Any:
    space: dict[str, Any] = {"pd": pd}
    exec(compile(text, "a.py", "exec", dont_inherit=True), space)
    return space["f"](*arguments)


def traced(source: str, data: pd.DataFrame, room: int = 4000, **how: Any) -> tuple[Any, Any, dict[int, Any]]:
    text, conditions = instrument_source(source, "a.py", 0)
    stats = np.zeros((len(conditions), TRACE_WIDTH))
    record = how.get("record", ())
    series = {slot: np.full(room, np.nan) for slot in record}
    install(len(conditions), how.get("forced", {}), how.get("replay", {}), record, stats, series)
    return execute(text, data), decode(stats), series


def slot_of(text: str, source: str = SOURCE) -> int:
    return next(c.slot for c in instrument_source(source, "a.py", 0)[1] if c.text == text)


def test_tracing_changes_no_answer_and_no_line() -> None:
    text, conditions = instrument_source(SOURCE, "a.py", 0)
    plain, seen = execute(SOURCE, frame()), traced(SOURCE, frame())[0]
    pd.testing.assert_frame_equal(plain[0], seen[0])
    assert plain[1] == seen[1]
    lines = SOURCE.splitlines()
    for condition in conditions:
        assert condition.text.split()[0].strip("(")[:4] in lines[condition.line - 1]
    assert "float | None" in text  # annotations are left alone


def test_counts_are_exact() -> None:
    data = frame()
    _, rates, _ = traced(SOURCE, data)
    busy = rates[slot_of('d["volume"] > 2 * FLOOR')]
    assert (busy.evaluated, busy.true) == (300, int((data["volume"] > 60).sum()))
    assert busy.vector
    scalar = rates[slot_of("abs(x) > floor")]
    assert (scalar.evaluated, scalar.true) == (300, int((data["volume"] > 5).sum()))
    assert not scalar.vector


def test_forcing_opens_a_condition() -> None:
    seen, _, _ = traced(SOURCE, frame(), forced={slot_of("abs(x) > floor"): False})
    assert set(seen[0]["out"]) == {0}


def test_a_replay_of_its_own_outcomes_changes_nothing() -> None:
    slots = (slot_of("abs(x) > floor"), slot_of('d["volume"] > 2 * FLOOR'))
    plain, _, series = traced(SOURCE, frame(), record=slots)
    again, _, _ = traced(SOURCE, frame(), replay=series)
    pd.testing.assert_frame_equal(plain[0], again[0])
    other, _, _ = traced(SOURCE, frame(seed=1), replay=series)
    assert (other[0]["points"] == plain[0]["points"]).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2.0, 8.0, 0.125]))
def test_exponents_tell_amounts_from_numbers(seed: int, factor: float) -> None:
    source = "def f(d):\n    return (d['volume'].rolling(3).mean() > 20.0) & (d['volume'] / d['volume'].shift() > 1.5)\n"
    data = frame(seed=seed)
    scaled = data.assign(volume=data["volume"] * factor)
    before, after = traced(source, data)[1], traced(source, scaled)[1]
    amount = slot_of("(d['volume'].rolling(3).mean() > 20.0)", source)
    ratio = slot_of("(d['volume'] / d['volume'].shift() > 1.5)", source)
    assert exponent(before[amount], after[amount], "left", factor) == 1.0
    assert exponent(before[amount], after[amount], "right", factor) == 0.0
    assert exponent(before[ratio], after[ratio], "left", factor) == 0.0


def test_long_loops_keep_a_spread_of_samples() -> None:
    source = "def f(d):\n    n = 0\n    for x in d['volume']:\n        n += x > 20.0\n    return n\n"
    data = frame(5000)
    _, rates, _ = traced(source, data)
    rate = rates[0]
    assert rate.evaluated == 5000
    assert 128 <= len(rate.left) <= 256
    spread = np.searchsorted(np.cumsum(data["volume"].isin(rate.left)), [64, 120])
    assert spread[1] > 1500  # not only the first bars


def test_compiled_functions_are_left_alone() -> None:
    text, conditions = instrument_source("@njit\ndef g(x):\n    return x > 3\n", "a.py", 0)
    assert not conditions
    assert text == "@njit\ndef g(x):\n    return x > 3\n"


def test_a_file_that_does_not_parse_is_named() -> None:
    with pytest.raises(InstrumentError, match=r"broken\.py"):
        instrument_source("def f(:\n", "broken.py", 0)


def test_every_file_of_the_example_stays_itself() -> None:
    for path in sorted((Path(__file__).parents[2] / "examples").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        rewritten, _ = instrument_source(text, path.name, 0)
        compile(rewritten, path.name, "exec", dont_inherit=True)
