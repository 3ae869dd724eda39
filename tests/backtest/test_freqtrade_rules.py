"""Stops, ROI and trailing stops as freqtrade's documentation describes them for backtesting.

Written by hand from the pages "Backtesting" (assumptions) and "Stop Loss" of its public documentation; freqtrade itself
is not needed; where it is installed (``make bench`` does it) the long cases are run by it, too. ``SAME`` are cases in which our rules give its exit; ``OTHER`` those in which we differ on purpose, with both
answers. Candles are (open, high, low, close); the entry is decided on candle 0 and filled at candle 1's open, 100."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from builders import FREE, decisions_of, market_of

from tools.backtest.simulate import simulate
from tools.contracts import ExitPlan, Trade

ROOT = Path(__file__).resolve().parents[2]
Candle = tuple[float, float, float, float]
START: tuple[Candle, ...] = ((100, 100, 100, 100), (100, 101, 99, 100))


@dataclass(frozen=True)
class Case:
    """``stoploss`` and the others carry freqtrade's names. ROI is by candles after the entry."""

    rule: str
    candles: tuple[Candle, ...]
    exit_candle: int
    exit_price: float
    reason: str
    short: bool = False
    stoploss: float = -0.99
    roi: tuple[tuple[int, float], ...] = ()
    trailing_stop: bool = False
    positive: float = 0.0
    offset: float = 0.0
    only_offset_is_reached: bool = False
    exit_signal: int | None = None


def lived(case: Case) -> Trade:
    """Our trade. freqtrade's ``trailing_stop`` trails at the stop loss' own distance until the offset is reached, then
    at ``trailing_stop_positive``; with ``only_offset_is_reached`` the stop rests until then."""
    side = "short" if case.short else "long"
    entry = {f"enter_{side}": 1.0, "stop": -case.stoploss}
    if case.trailing_stop and not case.only_offset_is_reached:
        entry["trail"] = -case.stoploss
    rows = {0: entry} | ({} if case.exit_signal is None else {case.exit_signal: {f"exit_{side}": 1.0}})
    bars = [*START, *case.candles]
    assert all(low <= min(o, c) and max(o, c) <= high for o, high, low, c in bars)
    plan = ExitPlan(case.roi, case.offset, case.positive)
    decisions = replace(decisions_of(len(bars), rows), plan=plan)
    return simulate(market_of(bars), decisions, FREE, initial_cash=1_000.0).trades[0]


SAME = (
    Case(
        "the stop fills at its price, however low the candle",
        ((100, 101, 80, 95),),
        2,
        90,
        "stop",
        stoploss=-0.10,
    ),
    Case("the stop of a short is above", ((100, 120, 99, 105),), 2, 110, "stop", short=True, stoploss=-0.10),
    Case(
        "a candle wholly below the stop fills at its open", ((85, 88, 80, 86),), 2, 85, "stop", stoploss=-0.10
    ),
    Case(
        "a candle wholly above a short's, too",
        ((115, 118, 112, 113),),
        2,
        115,
        "stop",
        short=True,
        stoploss=-0.10,
    ),
    Case("ROI fills at the ROI, not at the high", ((100, 105, 99, 103),), 2, 102, "target", roi=((0, 0.02),)),
    Case("ROI of a short", ((100, 101, 95, 97),), 2, 98, "target", short=True, roi=((0, 0.02),)),
    Case(
        "the stop is looked at before the ROI",
        ((100, 105, 89, 103),),
        2,
        90,
        "stop",
        stoploss=-0.10,
        roi=((0, 0.02),),
    ),
    Case(
        "a later, lower ROI counts from its candle on",
        ((100, 100.5, 99, 100), (100, 101.5, 99, 101)),
        3,
        101,
        "target",
        roi=((0, 0.05), (2, 0.01)),
    ),
    Case(
        "before that the earlier one does",
        ((100, 101.5, 99, 101), (101, 104.9, 99, 101), (100.5, 101.5, 100, 101)),
        4,
        101,
        "target",
        roi=((0, 0.05), (3, 0.01)),
    ),
    Case(
        "a ROI that begins below the open fills at the open",
        ((100, 103, 99, 103), (103, 103.5, 102, 103)),
        3,
        103,
        "target",
        roi=((0, 0.05), (2, 0.01)),
    ),
    Case(
        "a ROI of 0 lets go at the entry price",
        ((99, 99.5, 98, 99), (99, 100.5, 98, 100)),
        3,
        100,
        "target",
        roi=((0, 0.05), (2, 0.0)),
    ),
    Case(
        "exit signals fill at the next open",
        ((100, 101, 99, 100), (101.5, 102, 101, 101)),
        3,
        101.5,
        "signal",
        exit_signal=2,
    ),
    Case(
        "a trailing stop follows at the stop's distance",
        ((119, 120, 119, 120), (119, 119.5, 100, 101)),
        3,
        108,
        "trail",
        stoploss=-0.10,
        trailing_stop=True,
    ),
    Case(
        "it never goes back",
        ((119, 120, 119, 120), (119, 119.5, 110, 111), (111, 112, 100, 101)),
        4,
        108,
        "trail",
        stoploss=-0.10,
        trailing_stop=True,
    ),
    Case(
        "trailing_stop_positive at once",
        ((109.6, 110, 109.5, 110), (110, 110, 100, 101)),
        3,
        107.8,
        "trail",
        stoploss=-0.10,
        trailing_stop=True,
        positive=0.02,
    ),
    Case(
        "positive from the offset on",
        ((102.6, 102.9, 102.5, 102.8), (104.2, 105, 104, 105), (105, 105, 100, 101)),
        4,
        102.9,
        "trail",
        stoploss=-0.10,
        trailing_stop=True,
        positive=0.02,
        offset=0.03,
    ),
    Case(
        "before the offset the stop's own distance trails",
        ((102.6, 102.9, 102.5, 102.8), (102.8, 102.9, 92, 95)),
        3,
        92.61,
        "trail",
        stoploss=-0.10,
        trailing_stop=True,
        positive=0.02,
        offset=0.03,
    ),
    Case(
        "only_offset_is_reached: the stop rests before the offset",
        ((102.6, 102.9, 102.5, 102.8), (102.8, 102.9, 91, 95), (95, 96, 89, 90)),
        4,
        90,
        "stop",
        stoploss=-0.10,
        trailing_stop=True,
        positive=0.02,
        offset=0.03,
        only_offset_is_reached=True,
    ),
    Case(
        "a short's trailing stop",
        ((100, 100, 90, 91), (91, 99, 91, 98)),
        3,
        91.8,
        "trail",
        short=True,
        stoploss=-0.10,
        trailing_stop=True,
        positive=0.02,
        offset=0.03,
    ),
    Case(
        "ROI caps what trailing could have had",
        ((103, 112, 102.5, 110),),
        2,
        105,
        "target",
        stoploss=-0.10,
        trailing_stop=True,
        roi=((0, 0.05),),
    ),
)


@pytest.mark.parametrize("case", SAME, ids=lambda case: case.rule)
def test_same_exit(case: Case) -> None:
    trade = lived(case)
    assert (trade.entry_bar, trade.entry_price) == (1, 100)
    assert (trade.exit_bar, trade.reason.value) == (case.exit_candle, case.reason)
    assert trade.exit_price == pytest.approx(case.exit_price, rel=1e-12)


#: Rule, our case, freqtrade's exit (candle, price), and why we differ.
OTHER = (
    (
        "the high is before the low, for trailing",
        Case(
            "",
            ((100, 120, 100, 105), (105, 106, 104, 105)),
            3,
            105,
            "trail",
            stoploss=-0.1,
            trailing_stop=True,
        ),
        (2, 108.0),
        "nobody knows the order inside a candle: our stop knows the best price up to the candle before, "
        "and an open already below it fills there",
    ),
    (
        "a gap through the stop that comes back fills at the stop",
        Case("", ((85, 95, 84, 94),), 2, 85, "stop", stoploss=-0.10),
        (2, 90.0),
        "the open was below the stop: nobody sold at 90 before",
    ),
    (
        "the stop is before the ROI even where the candle opened past the ROI",
        Case("", ((103, 105, 89, 95),), 2, 103, "target", stoploss=-0.10, roi=((0, 0.02),)),
        (2, 90.0),
        "a resting limit order at 102 has filled at the open",
    ),
)


@pytest.mark.parametrize(("rule", "case", "theirs", "why"), OTHER, ids=[row[0] for row in OTHER])
def test_where_we_differ_on_purpose(rule: str, case: Case, theirs: tuple[int, float], why: str) -> None:
    trade = lived(case)
    assert (trade.exit_bar, trade.exit_price, trade.reason.value) == (
        case.exit_candle,
        pytest.approx(case.exit_price),
        case.reason,
    ), why
    assert (trade.exit_bar, trade.exit_price) != theirs, rule


@pytest.fixture(scope="module")
def freqtrades() -> dict[Case, list[Any]]:
    """freqtrade's own exit of every long case: candle, price, reason."""
    python = ROOT / ".venv-bench" / "bin" / "python"
    known = (
        python.is_file()
        and subprocess.run([str(python), "-c", "import freqtrade"], check=False).returncode == 0
    )
    if not known:
        pytest.skip("freqtrade is not installed: make bench")
    cases = [case for case in (*SAME, *(row[1] for row in OTHER)) if not case.short]
    run = subprocess.run(
        [str(python), str(Path(__file__).parent / "freqtrade_run.py")],
        input=json.dumps([told(case) for case in cases]),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
    return dict(zip(cases, json.loads(run.stdout), strict=True))


def told(case: Case) -> dict[str, Any]:
    """A case in freqtrade's words."""
    return {
        "candles": [*START, *case.candles],
        "exit_signal": case.exit_signal,
        "stoploss": case.stoploss,
        "minimal_roi": {str(5 * bars): value for bars, value in case.roi} or {"0": 100.0},
        "trailing_stop": case.trailing_stop,
        "trailing_stop_positive": case.positive or None,
        "trailing_stop_positive_offset": case.offset,
        "trailing_only_offset_is_reached": case.only_offset_is_reached,
    }


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in SAME if not case.short], ids=lambda case: case.rule)
def test_freqtrade_itself_exits_there(case: Case, freqtrades: dict[Case, list[Any]]) -> None:
    candle, price, _ = freqtrades[case]
    assert (candle, price) == (case.exit_candle, pytest.approx(case.exit_price, rel=1e-6))


@pytest.mark.slow
@pytest.mark.parametrize("row", OTHER, ids=[row[0] for row in OTHER])
def test_freqtrade_itself_differs_there(row: Any, freqtrades: dict[Case, list[Any]]) -> None:
    _, case, (candle, price), _ = row
    assert freqtrades[case][:2] == [candle, pytest.approx(price, rel=1e-6)]
