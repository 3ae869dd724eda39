"""Readers of what nobody vouches for: nothing but their own error, and what was written is what is read."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.system.adapters import command_csv, command_freqtrade, command_json, command_text, command_trades
from tools.system.adapters.command_figures import Raw, ReportError, read_number, settle
from tools.system.adapters.command_names import BY_NAME, KNOWN, OUR_FIGURES, plain_name, recognised
from tools.system.adapters.command_reading import Left, Wanted, read_report

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
PATHS = st.dictionaries(st.sampled_from([*BY_NAME, "mine"]), st.text(max_size=8), max_size=3)


@given(st.binary(max_size=300) | JSON.map(lambda d: json.dumps(d).encode()), PATHS)
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, metrics: dict[str, str]) -> None:
    files = {"a.json": data, "b.csv": data, "trades.csv": data, "backtest-result-1.zip": b"PK" + data}
    for wanted in (
        Wanted(),
        Wanted(result="a.json", metrics=metrics),
        Wanted(result="b.csv", trades="a.json"),
        Wanted(result="*.zip"),
        Wanted(result="a.json", format="freqtrade", strategy="S"),
        Wanted(format="regex"),
    ):
        try:
            reading = read_report(wanted, Left(files, data.decode("utf-8", "replace")))
        except ReportError as error:
            assert "\n" not in str(error).replace("\\n", "")[:20] and str(error)
            continue
        for figure in reading.figures.ours.values():
            assert (figure.value is None) == bool(figure.why)
            assert figure.value is None or math.isfinite(figure.value)
        json.dumps(reading.to_json(), allow_nan=True)


@given(
    st.dictionaries(
        st.sampled_from(["sharpe", "net_profit", "sqn", "profit_factor", "fees"]), NUMBERS, min_size=1
    )
)
@settings(max_examples=60, deadline=None)
def test_figures_come_back_from_json_csv_and_print(figures: dict[str, float]) -> None:
    wide, long = io.StringIO(), io.StringIO()
    csv.writer(wide).writerows([list(figures), list(figures.values())])
    csv.writer(long).writerows([["name", "value"], *figures.items()])
    text = "\n".join(f"{name} = {value!r}" for name, value in figures.items())
    document = {"summary": dict(figures)}
    paths = {name: f"summary.{name}" for name in figures}
    for found in (
        command_json.figures(document, "f", {}, {}),
        command_json.figures(document, "f", paths, {}),
        command_csv.figures(wide.getvalue().encode(), "f", {}, {}),
        command_csv.figures(long.getvalue().encode(), "f", {}, {}),
        command_text.figures(text, "f", {}, {}),
        command_text.figures(text, "f", {n: rf"^{n} = (\S+)$" for n in figures}, {}),
    ):
        assert {n: f.value for n, f in found.ours.items()} == figures


@given(st.text(max_size=60) | NUMBERS | st.none() | st.booleans() | st.integers())
def test_a_number_is_finite_or_there_is_a_reason(value: Any) -> None:
    number, _, why = read_number(value)
    assert (number is None) == bool(why)
    assert number is None or math.isfinite(number)


@given(st.floats(-5, 5), st.sampled_from(["", "%", "bps", "fraction"]))
def test_a_drawdown_is_a_share_or_unknown(number: float, unit: str) -> None:
    figure = settle("max_drawdown", Raw("f", number), unit)
    assert figure.value is None or 0 <= figure.value <= 1.0 + 1e-9
    if unit == "%":
        assert figure.value == pytest.approx(abs(number) / 100)


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Sharpe Ratio", "sharpe", ""),
        ("Max. Drawdown [%]", "max_drawdown", "%"),
        ("Return [%]", "net_return", "%"),
        ("# Trades", "trades", ""),
        ("Win Rate [%]", "win_rate", "%"),
        ("winRatePct", "win_rate", "%"),
        ("Total profit %", "net_return", "%"),
        ("Total Profit (USDT)", "net_profit", ""),
        ("profit_total_abs", "net_profit", ""),
        ("Exposure Time [%]", "exposure", "%"),
        ("CAGR %", "cagr", "%"),
        ("expectancy_bps", "expectancy_bps", ""),
        ("maxDrawdown", "max_drawdown", ""),
    ],
)
def test_names_that_others_use(text: str, name: str, unit: str) -> None:
    known, said = recognised(text)
    assert known is not None and (known.name, said) == (name, unit)


@pytest.mark.parametrize(
    "text", ["Buy & Hold Return [%]", "Avg. Drawdown [%]", "Max. Trade [%]", "Start", ""]
)
def test_names_that_mean_something_else(text: str) -> None:
    assert recognised(text)[0] is None


def test_our_names_are_those_of_our_reports_and_no_alias_is_ambiguous() -> None:
    import numpy as np
    from adapter_contract import wavy_market

    from tools.backtest.simulate import simulate
    from tools.contracts import Costs, Decisions

    market = wavy_market(200)
    measured = simulate(market, Decisions(market.symbol, np.zeros((200, 9))), Costs()).metrics
    assert set(OUR_FIGURES) == {name for name in measured if not name.startswith("net_return_at_")}
    assert {known.name for known in KNOWN} - {"net_profit"} <= set(OUR_FIGURES)
    aliases = [alias for known in KNOWN for alias in known.aliases]
    assert len(aliases) == len(set(aliases))
    assert all(plain_name(alias)[0] == alias for alias in aliases)


@pytest.mark.parametrize(
    ("value", "units", "expected", "why"),
    [
        (12.5, {}, None, "may be percent"),
        (12.5, {"win_rate": "%"}, 0.125, ""),
        ("54.2%", {}, 0.542, ""),
        (0.5, {}, 0.5, ""),
        (-0.2, {}, None, "no share of a whole"),
        (float("nan"), {}, None, "nan for it"),
        (float("inf"), {}, None, "inf for it"),
        ("n/a", {}, None, "'n/a' for it"),
        (True, {}, None, "no number"),
        ([1], {}, None, "a list"),
        (10**400, {}, None, "too large"),
    ],
)
def test_a_share_without_a_unit_is_not_guessed(
    value: Any, units: Any, expected: float | None, why: str
) -> None:
    found = command_json.figures({"x": {"w": value}}, "f", {"win_rate": "x.w"}, units).ours["win_rate"]
    assert found.value == (None if expected is None else pytest.approx(expected))
    assert why in found.why


def test_a_path_that_leads_nowhere_names_what_is_there() -> None:
    found = command_json.figures({"a": {"b c": 1}}, "m.json", {"sharpe": "a.x", "sqn": "/a/b c"}, {})
    assert found.ours["sharpe"].why == (
        "m.json: nothing at [command] metrics.sharpe = 'a.x' under 'a'; there is b c"
    )
    assert found.ours["sqn"].value == 1


def test_a_figure_that_is_reported_twice_is_told() -> None:
    found = command_json.figures({"sharpe": 1, "long": {"sharpe_ratio": 3}}, "m", {}, {})
    assert found.ours["sharpe"].value == 1
    assert "reported twice" in found.notes[0] and "long.sharpe_ratio = 3 is not" in found.notes[0]


def test_deep_json_is_refused() -> None:
    with pytest.raises(ReportError, match="nested too deeply"):
        command_json.parse(b"[" * 200_000, "m.json")


def test_the_printed_table_of_a_terminal() -> None:
    text = """
    ┃ Metric          ┃ Value   ┃
    │ Total return    │ 12.5%   │
    │ Sharpe          │ 1.10    │
    Max Drawdown:       -8.25 %
    Trades .......... 17
    Trades	18
    Sortino Ratio    NaN
    Sharpe per year  oh
    """
    found = command_text.figures(text, "it", {}, {}).ours
    assert {n: f.value for n, f in found.items()} == {
        "net_return": pytest.approx(0.125),
        "sharpe": 1.1,
        "max_drawdown": pytest.approx(0.0825),
        "trades": 18.0,
        "sortino": None,
    }
    assert found["sortino"].why == "the command reports 'NaN' for it"


def test_an_expression_takes_the_last_match_and_the_sign_beside_it() -> None:
    text = "epoch 1 ret 5 %\nepoch 2 ret 7.5 %\n"
    found = command_text.figures(text, "it", {"net_return": r"ret (?P<value>\S+)"}, {}).ours["net_return"]
    assert found.value == pytest.approx(0.075)


@given(st.integers(1_000_000_000, 7_000_000_000))
def test_times_are_read_in_every_form(seconds: int) -> None:
    aware = datetime.fromtimestamp(seconds, UTC)
    text = aware.strftime("%Y-%m-%dT%H:%M:%SZ")
    forms = (
        aware.isoformat(),
        aware.strftime("%Y-%m-%d %H:%M:%S"),
        seconds,
        str(seconds),
        seconds * 1000,
        seconds * 10**9,
    )
    assert {command_trades.utc_text(form) for form in forms} == {text}


def test_trades_by_other_names_and_their_mistakes() -> None:
    data = b"Pair;Direction;Open Date;Profit %;note\nTON/USDT;Short;2024-01-01;1.5;x\nTON/USDT;?;soon;;y\n"
    found = command_trades.from_csv(data, "t.csv", {})
    first, second = found.rows
    entered = {"symbol": "TON/USDT", "side": "short", "entry_time": "2024-01-01T00:00:00Z"}
    assert first == {**entered, "return": pytest.approx(0.015)}
    assert (second["side"], second["entry_time"]) == (None, None)
    assert found.by_symbol == {"TON/USDT": 2}
    with pytest.raises(ReportError, match=r"t\.csv: no column of a trade's time or profit \(it has a, b\)"):
        command_trades.from_csv(b"a,b\n1,2\n", "t.csv", {})
    with pytest.raises(ReportError, match=r"trade_columns\.pnl = 'won'; it has a, b"):
        command_trades.from_csv(b"a,b\n1,2\n", "t.csv", {"pnl": "won"})
    with pytest.raises(ReportError, match=r"trade_columns\.gain: not a column of ours; use symbol"):
        command_trades.from_csv(b"a,b\n1,2\n", "t.csv", {"gain": "a"})
    with pytest.raises(ReportError, match="no list of trades"):
        command_trades.from_json(b'{"a": 1}', "t.json", {})


def test_two_strategies_in_an_export_need_a_choice() -> None:
    document = {"strategy": {"A": {"trades": [], "sharpe": 1}, "B": {"trades": [], "sharpe": 2}}}
    with pytest.raises(ReportError, match=r"holds A, B; name one by \[command\] strategy"):
        command_freqtrade.read(document, "f", None, {})
    assert command_freqtrade.read(document, "f", "B", {})[0].ours["sharpe"].value == 2
    with pytest.raises(ReportError, match=r"strategy = 'C' is not in it; it holds A, B"):
        command_freqtrade.read(document, "f", "C", {})


def test_a_listing_is_no_table_of_figures() -> None:
    text = "drwxr-xr-x 2 job job     280 Nov 24\nmy own figure: 3\nSharpe      2.5\n"
    found = command_text.figures(text, "it", {}, {})
    assert {n: f.value for n, f in found.ours.items()} == {"sharpe": 2.5}
    assert found.others == {"my own figure": 3.0}


def test_paths_of_the_person_win_over_those_of_an_export() -> None:
    document = {"strategy": {"A": {"trades": [], "sharpe": 1, "mine": 7}}}
    files = {"x.zip": json.dumps(document).encode()}
    wanted = Wanted(result="x.zip", metrics={"sharpe": "strategy.A.mine"})
    assert read_report(wanted, Left(files, "")).figures.ours["sharpe"].value == 7
