"""Each planted defect is where the answers say, and shows itself as they say."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.answers import Answer, AnswersError, load_answers

ANSWERS = {answer.id: answer for answer in load_answers("squeeze")}
REQUIRED = {
    "absolute_threshold", "lookahead", "unwired_setting", "swallowed_exception", "unreachable_rule",
    "state_leak", "nan_as_zero", "price_scale", "asymmetry", "wrong_metric", "cumulative_origin",
    "duplicated_logic", "import_side_effect",
}  # fmt: skip
ENTRIES = ["enter_long", "enter_short"]
#: The repair of the look-ahead: old and new text.
CAUSAL = (
    "(traded - traded.mean()) / traded.std()",
    "(traded - traded.rolling(600).mean()) / traded.rolling(600).std()",
)


def repaired(root: Path, answer: Answer, old: str, new: str) -> None:
    """Mend one defect in a copy: a small edit of the planted line."""
    file = root / answer.file
    text = file.read_text(encoding="utf-8")
    assert old in text.splitlines()[answer.line(root) - 1]
    file.write_text(text.replace(old, new), encoding="utf-8")


def entries(decisions: pd.DataFrame) -> int:
    return int(decisions[ENTRIES].sum().sum())


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=lambda a: a.id)
def test_the_line_is_in_one_place(squeeze_copy: Path, answer: Answer) -> None:
    assert answer.line(squeeze_copy) >= 1
    elsewhere = [
        p for p in squeeze_copy.rglob("*.py") if answer.line_contains in p.read_text(encoding="utf-8")
    ]
    if answer.id != "funding-swallowed":
        assert [p.relative_to(squeeze_copy).as_posix() for p in elsewhere] == [answer.file]


def test_the_kinds_that_the_probes_look_for_are_there() -> None:
    assert {a.category for a in ANSWERS.values()} == REQUIRED
    assert len({a.file for a in ANSWERS.values()}) >= 8


def test_nothing_in_the_example_gives_an_answer_away(squeeze_copy: Path) -> None:
    hints = ("bug", "defect", "planted", "todo", "fixme", "wrong", "xxx", "hack")
    for file in [*squeeze_copy.rglob("*.py"), *squeeze_copy.rglob("*.md"), *squeeze_copy.rglob("*.toml")]:
        words = file.read_text(encoding="utf-8").lower().replace("debug", "")
        assert not [hint for hint in hints if hint in words], file


def test_answers_are_asked_for_by_a_known_name() -> None:
    with pytest.raises(AnswersError, match=r"'nosuch'; there are: .*squeeze"):
        load_answers("nosuch")


def test_flow_floor_depends_on_the_size_of_the_market(decide, market) -> None:
    bars = market.candles(volume=2e4)
    busy = bars.assign(volume=bars["volume"] * 8.0)
    assert entries(decide(bars)) < 0.7 * entries(decide(busy))


def test_flow_floor_is_the_only_thing_that_knows_the_size(decide, market, squeeze_copy) -> None:
    repaired(
        squeeze_copy, ANSWERS["flow-floor"], "params.min_flow_shift", "shift.abs().rolling(500).median()"
    )
    bars = market.rich(market.candles())
    scale = dict.fromkeys(("volume", "taker_buy_volume", "open_interest"), 8.0)
    busy = bars.assign(**{name: bars[name] * factor for name, factor in scale.items()})
    pd.testing.assert_frame_equal(decide(bars), decide(busy), check_exact=True)
    assert entries(decide(bars)) > 10


def test_whole_sample_volume_changes_the_past_when_the_future_is_cut(decide, market, squeeze_copy) -> None:
    bars = market.candles(16_000)
    bars.loc[bars.index[8000:], "volume"] *= 1.2
    whole, past = decide(bars)[ENTRIES].iloc[:8000], decide(bars.iloc[:8000])[ENTRIES]
    changed = int((whole != past).any(axis=1).sum())
    assert 0 < changed < 0.5 * entries(past)
    repaired(squeeze_copy, ANSWERS["whole-sample-volume"], *CAUSAL)
    assert decide(bars)[ENTRIES].iloc[:8000].equals(decide(bars.iloc[:8000])[ENTRIES])


def test_max_hold_setting_changes_nothing(decide, market) -> None:
    bars = market.candles(3000)
    assert decide(bars, max_hold_bars=5).equals(decide(bars))
    assert set(decide(bars, max_hold_bars=5)["max_bars"]) == {48.0}


def test_funding_failure_is_not_heard_of(bot, decide, market) -> None:
    bars = market.rich(market.candles())
    bars["funding_rate"] *= 100.0
    assert decide(bars)["enter_long"].sum() == 0 < decide(bars)["enter_short"].sum()
    without = decide(bars.drop(columns="funding_rate"))
    assert decide(bars, funding_bars=-1).equals(without)
    assert without["enter_long"].sum() > 0


def test_stretch_exit_is_never_reached(bot, decide, market) -> None:
    bars = market.candles(4000)
    steep = bars.copy()
    steep.loc[steep.index[2000] :, ["open", "high", "low", "close"]] *= 1.10
    above, below = bot("exits").stretched(steep, bot("config").SqueezeConfig())
    assert not above.any() and not below.any()
    ratio = steep["close"] / steep["close"].rolling(20).mean() - 1.0
    assert (ratio > 0.015).any()


def test_spent_divergences_outlive_the_call(bot, decide, market) -> None:
    bars, params = market.candles(), bot("config").SqueezeConfig()
    signals = bot("strategy").signals
    first, second = signals(bars, params), signals(bars, params)
    assert entries(first) > 20
    assert entries(second) < 0.2 * entries(first)
    other = market.candles(seed=11)
    assert 0 < entries(signals(other, params)) <= entries(decide(other))


def test_spent_list_made_in_the_function_forgets(bot, market, squeeze_copy) -> None:
    answer = ANSWERS["spent-is-shared"]
    repaired(squeeze_copy, answer, "spent: list[int] = []", "spent: list[int] | None = None")
    file = squeeze_copy / answer.file
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("    fired = np.zeros", "    spent = []\n    fired = np.zeros"), encoding="utf-8"
    )
    bars, params = market.candles(), bot("config").SqueezeConfig()
    signals = bot("strategy").signals
    assert signals(bars, params).equals(signals(bars, params))


def test_missing_open_interest_looks_like_a_rise(bot, decide, market) -> None:
    bars, params = market.rich(market.candles()), bot("config").SqueezeConfig()
    bars["open_interest"] = 1e6 * np.exp(-np.arange(len(bars)) * 1e-6)
    holed = bars.copy()
    hole = (np.arange(len(bars)) % 48) < 12
    holed.loc[hole, "open_interest"] = np.nan
    points = bot("scoring").open_interest_points
    assert points(bars, params).sum() == 0
    after = np.roll(hole, params.oi_bars)
    after[: params.oi_bars] = False
    assert (points(holed, params)[after] == 2.0).all()
    assert entries(decide(holed)) > entries(decide(bars))


def test_body_is_measured_in_price_units(decide, market) -> None:
    bars = market.candles(price=0.125, volume=1.6e8)
    prices = ["open", "high", "low", "close"]
    dear = bars.assign(**{name: bars[name] * 1024.0 for name in prices}, volume=bars["volume"] / 1024.0)
    assert entries(decide(bars)) < 0.9 * entries(decide(dear))
    dearer = dear.assign(**{name: dear[name] * 8.0 for name in prices}, volume=dear["volume"] / 8.0)
    same = decide(dear)[ENTRIES] == decide(dearer)[ENTRIES]
    assert same.all(axis=1).mean() > 0.999


def mirrored(bars: pd.DataFrame) -> pd.DataFrame:
    """The market upside down, prices reflected about their range."""
    top = bars["high"].max() + bars["low"].min()
    return bars.assign(
        open=top - bars["open"], close=top - bars["close"], high=top - bars["low"], low=top - bars["high"]
    )


def test_short_resets_are_not_mirrored_long_resets(bot, market, squeeze_copy) -> None:
    bars, params = market.candles(), bot("config").SqueezeConfig()
    resets = bot("reset").resets
    upward, downward = resets(bars, params)
    up_of_mirror, down_of_mirror = resets(mirrored(bars), params)
    assert up_of_mirror.sum() < 0.8 * downward.sum()
    assert upward.sum() < 0.8 * down_of_mirror.sum()


def test_mended_short_resets_are_mirrored(bot, market, squeeze_copy) -> None:
    repaired(squeeze_copy, ANSWERS["short-reset-column"], 'bars["high"].shift(1)', 'bars["low"].shift(1)')
    text = (squeeze_copy / "squeeze_bot/reset.py").read_text(encoding="utf-8")
    mended = text.replace('bars["close"] > bars["low"]', 'bars["close"] > bars["high"]')
    (squeeze_copy / "squeeze_bot/reset.py").write_text(mended, encoding="utf-8")
    bars, params = market.candles(), bot("config").SqueezeConfig()
    _, downward = bot("reset").resets(bars, params)
    up_of_mirror, _ = bot("reset").resets(mirrored(bars), params)
    assert (up_of_mirror == downward).mean() > 0.999 and downward.sum() > 50


def test_win_rate_counts_trades_that_lost_to_fees(bot) -> None:
    trades = pd.DataFrame({"gross": [0.001, -0.002], "fees": [0.0012, 0.0012], "net": [-0.0002, -0.0032]})
    equity = 1.0 + trades["net"].cumsum()
    figures = bot("report").summary(trades, equity)
    assert figures["win_rate"] == 0.5
    assert (trades["net"] > 0).mean() == 0.0


def test_flow_trend_counts_for_less_the_longer_the_history(decide, market, squeeze_copy) -> None:
    repaired(squeeze_copy, ANSWERS["whole-sample-volume"], *CAUSAL)
    bars, late = market.candles(), market.candles().iloc[3000:]
    assert not decide(bars)[ENTRIES].iloc[4000:].equals(decide(late)[ENTRIES].iloc[1000:])
    new = "flow.rolling(length).sum() / flow.abs().rolling(length).sum()"
    repaired(squeeze_copy, ANSWERS["cumulative-flow-origin"], "cumulative.pct_change(length)", new)
    assert decide(bars)[ENTRIES].iloc[4000:].equals(decide(late)[ENTRIES].iloc[1000:])


def test_flow_trend_knows_where_the_data_starts(bot) -> None:
    flow = pd.Series(np.ones(100))
    trend, started_high = bot("flow").flow_trend, flow.copy()
    started_high.iloc[0] = 1e6
    assert (trend(flow, 48).iloc[60:] > 0.5).all() and (trend(started_high, 48).iloc[60:] < 1e-3).all()
    started_low = flow.copy()
    started_low.iloc[0] = -1e6
    assert (trend(started_low, 48).iloc[60:] < 0).all()  # bought on every bar, and called selling


def test_second_range_does_not_see_a_gap(bot, market) -> None:
    bars, params = market.candles(400), bot("config").SqueezeConfig()
    gap = bars.copy()
    gap.loc[gap.index[200] :, ["open", "high", "low", "close"]] *= 1.05
    features, exits = bot("features"), bot("exits")
    right = features.average_true_range(gap, params.atr_bars) / gap["close"]
    used = exits.distances(gap, params)["stop"] / params.stop_atr
    assert used.iloc[205] < 0.6 * right.iloc[205]
    # Without gaps the two agree, which is why nobody noticed.
    smooth = features.average_true_range(bars, params.atr_bars) / bars["close"]
    assert np.allclose(exits.average_range(bars, params.atr_bars), smooth, equal_nan=True)


def test_import_makes_a_folder(bot, squeeze_copy) -> None:
    assert not (squeeze_copy / "out").exists()
    bot("strategy")
    assert not (squeeze_copy / "out").exists()
    bot("report")
    assert (squeeze_copy / "out").is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it likes")
def test_import_fails_where_the_code_is_read_only(bot, squeeze_copy) -> None:
    squeeze_copy.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OSError):
            bot("report")
    finally:
        squeeze_copy.chmod(0o755)
