"""Synthetic worlds: alive, repeatable, and with effects that are there when planted and not when not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lab.synth_settings import EFFECTS, SYMBOLS, WorldError
from lab.worlds import World, generate_world, write_world
from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Costs, Decisions
from tools.market import load_markets, validate

DAY_NS = 86_400_000_000_000


@pytest.fixture(scope="module")
def planted() -> World:
    return generate_world(days=60, seed=3)


@pytest.fixture(scope="module")
def placebo() -> World:
    return generate_world(days=60, seed=3, placebo=True)


def day_t(by_day: dict[int, float]) -> float:
    """t statistic with days as clusters."""
    sums = np.array(list(by_day.values()))
    return float(sums.sum() / np.sqrt((sums**2).sum()))


def event_t(world: World, effect: str, horizon_bars: int = 6) -> float:
    """How much price moves, in the direction the event says, from the next open on."""
    by_day: dict[int, float] = {}
    for symbol, market in world.markets.items():
        log_open = np.log(market.columns["open"])
        event = world.events[symbol][effect]
        bars = np.flatnonzero(event)
        bars = bars[bars + 1 + horizon_bars < len(market)]
        scale = np.diff(log_open).std()
        moved = event[bars] * (log_open[bars + 1 + horizon_bars] - log_open[bars + 1]) / scale
        for day, value in zip(market.time[bars] // DAY_NS, moved, strict=True):
            by_day[int(day)] = by_day.get(int(day), 0.0) + float(value)
    return day_t(by_day)


def session_t(world: World) -> float:
    """The mean move from 07:00 to 10:00, symbols averaged by day."""
    moves = []
    for market in world.markets.values():
        log_open = np.log(market.columns["open"]).reshape(-1, 288)
        moves.append((log_open[:, 120] - log_open[:, 84]) / np.diff(log_open.ravel()).std())
    by_day = np.mean(moves, axis=0)
    return float(by_day.mean() / by_day.std() * np.sqrt(len(by_day)))


def trend_t(world: World) -> float:
    """Daily moves times the direction of the regime that the day spends most time in."""
    direction = {"up": 1, "down": -1}
    days = world.truth["days"]
    minutes = np.zeros(days * 1440)
    start = np.datetime64("2025-01-01T00:00")
    for span in world.truth["regimes"]:
        a, b = (int((np.datetime64(span[k].rstrip("Z")) - start).astype(int)) for k in ("from", "to"))
        minutes[a:b] = direction.get(span["label"], 0)
    sign = np.sign(minutes.reshape(days, 1440).mean(axis=1))
    moves = []
    for market in world.markets.values():
        log_open = np.log(market.columns["open"]).reshape(days, 288)
        moves.append(np.log(market.columns["close"]).reshape(days, 288)[:, -1] - log_open[:, 0])
    signed = sign * np.mean(moves, axis=0)
    signed = signed[sign != 0]
    return float(signed.mean() / signed.std() * np.sqrt(len(signed)))


@pytest.mark.parametrize("effect", ["divergence", "oi_squeeze"])
def test_planted_events_move_the_price_and_placebo_ones_do_not(
    planted: World, placebo: World, effect: str
) -> None:
    assert event_t(planted, effect) > 3.5
    assert abs(event_t(placebo, effect)) < 2.5


def test_the_session_is_there_when_planted(planted: World, placebo: World) -> None:
    assert session_t(planted) > 2.5 > abs(session_t(placebo))


def test_trends_are_there_when_planted() -> None:
    """Half a year, since a trend shows once a day."""
    assert trend_t(generate_world(seed=3)) > 3.0
    assert abs(trend_t(generate_world(seed=3, placebo=True))) < 2.5


def test_an_effect_can_be_planted_alone() -> None:
    alone = generate_world(days=60, seed=3, effects={name: 0.0 for name in EFFECTS if name != "divergence"})
    assert event_t(alone, "divergence") > 3.5
    assert abs(session_t(alone)) < 2.5


def test_a_placebo_has_the_events_of_its_twin(planted: World, placebo: World) -> None:
    assert planted.truth["symbols"] == placebo.truth["symbols"]
    for symbol, events in planted.events.items():
        for name, series in events.items():
            assert np.array_equal(series, placebo.events[symbol][name])
    assert all(effect["strength"] == 0 for effect in placebo.truth["effects"].values())


def test_the_same_seed_gives_the_same_world_and_others_do_not(planted: World) -> None:
    again, other = generate_world(days=60, seed=3), generate_world(days=60, seed=4)
    for symbol, market in planted.markets.items():
        for name, values in market.columns.items():
            assert np.array_equal(values, again.markets[symbol].columns[name])
        assert not np.array_equal(market.columns["close"], other.markets[symbol].columns["close"])
    assert again.truth == planted.truth


def test_a_symbol_does_not_depend_on_its_company(planted: World) -> None:
    alone = generate_world(days=60, seed=3, symbols=["TON"])
    assert list(alone.markets) == ["TONUSDT"]
    assert np.array_equal(
        alone.markets["TONUSDT"].columns["close"], planted.markets["TONUSDT"].columns["close"]
    )


def test_every_market_is_valid_and_has_the_roles(planted: World) -> None:
    assert list(planted.markets) == sorted(SYMBOLS)
    for market in planted.markets.values():
        assert validate(market, timeframe_minutes=5) == ()
        assert len(market) == 60 * 288
        assert set(market.roles) == {"price", "volume", "quote_volume", "flow", "open_interest", "funding"}
        assert all(np.isfinite(values).all() for values in market.columns.values())
        buys = market.columns["taker_buy_volume"]
        assert ((buys > 0) & (buys < market.columns["volume"])).all()


def test_sizes_and_tails_look_like_markets(planted: World) -> None:
    for symbol, market in planted.markets.items():
        daily = market.columns["quote_volume"].sum() / 60
        assert daily == pytest.approx(SYMBOLS[symbol].daily_usdt, rel=0.5)
        moves = np.diff(np.log(market.columns["close"]))
        kurtosis = ((moves - moves.mean()) ** 4).mean() / moves.var() ** 2 - 3
        assert 1 < kurtosis < 25
        size = np.abs(moves)
        assert np.corrcoef(size[:-12], size[12:])[0, 1] > 0.05  # volatility clusters
        delta = 2 * market.columns["taker_buy_volume"] - market.columns["volume"]
        assert 0.3 < np.corrcoef(delta[1:] / market.columns["volume"][1:], moves)[0, 1] < 0.8
    closes = [np.diff(np.log(planted.markets[name].columns["close"])) for name in ("BTCUSDT", "ETHUSDT")]
    assert np.corrcoef(closes)[0, 1] > 0.6
    assert planted.markets["TONUSDT"].columns["quote_volume"].sum() / 60 < 2e6


def test_funding_is_carried_every_eight_hours(planted: World) -> None:
    market = planted.markets["BTCUSDT"]
    bars = np.flatnonzero(market.columns["funding_rate"])
    assert np.array_equal(bars, np.arange(0, len(market), 96))


@pytest.mark.parametrize("minutes", [1, 15, 60])
def test_other_timeframes(minutes: int) -> None:
    world = generate_world(days=3, symbols=["BTC"], timeframe_minutes=minutes)
    market = world.markets["BTCUSDT"]
    assert len(market) == 3 * 1440 // minutes
    assert validate(market, timeframe_minutes=minutes) == ()


@pytest.mark.parametrize("format", ["parquet", "feather", "csv", "csv.gz"])
def test_written_worlds_load_again(tmp_path: Path, format: str) -> None:
    world = generate_world(days=2, symbols=["BTC", "TON"], seed=1)
    paths = write_world(world, tmp_path / "new", format=format, without=["taker_buy_volume"])
    assert [path.name for path in paths] == [f"BTCUSDT-5m.{format}", f"TONUSDT-5m.{format}", "truth.json"]
    assert json.loads(paths[-1].read_text()) == world.truth
    for symbol, market in load_markets(str(tmp_path / "new"), timeframe="5m").items():
        original = world.markets[symbol]
        assert set(original.columns) - set(market.columns) == {"taker_buy_volume"}
        assert "flow" not in market.roles
        assert np.array_equal(market.time, original.time)
        for name, values in market.columns.items():
            np.testing.assert_array_equal(values, original.columns[name])


def test_impossible_worlds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="no effect is called moon"):
        generate_world(days=1, effects={"moon": 1.0})
    with pytest.raises(WorldError, match="placebo"):
        generate_world(days=1, placebo=True, effects={"session": 1.0})
    with pytest.raises(WorldError, match="divide"):
        generate_world(days=1, timeframe_minutes=7)
    (tmp_path / "file").write_text("")
    world = generate_world(days=1, symbols=["BTC"])
    with pytest.raises(WorldError, match="cannot leave out close"):
        write_world(world, tmp_path, without=["close"])
    with pytest.raises(WorldError, match="cannot be written"):
        write_world(world, tmp_path / "file")


@pytest.mark.parametrize(
    "exits",
    [
        {"max_bars": 12},
        {"target": 0.004},
        {"stop": 0.004},
        {"stop": 0.004, "target": 0.004},
        {"trail": 0.004},
    ],
    ids=lambda exits: "+".join(exits),
)
def test_random_entries_earn_nothing_in_a_placebo_before_costs(
    placebo: World, exits: dict[str, float]
) -> None:
    """No exit has an edge of its own: bars have the extremes that their price path would have had."""
    rng = np.random.default_rng(1)
    by_day: dict[int, float] = {}
    for symbol, market in placebo.markets.items():
        values = np.zeros((len(market), len(DECISION_COLUMNS)))
        side = rng.choice([0, 1, 2], len(market), p=[0.9, 0.05, 0.05])
        row = {"enter_long": side == 1, "enter_short": side == 2, "size": 0.01, "max_bars": 60} | exits
        for name, value in row.items():
            values[:, DECISION_COLUMNS.index(name)] = value
        free = Costs(maker_bps=0, taker_bps=0, slippage_bps=0, funding=False)
        for trade in simulate(market, Decisions(symbol, values), free).trades:
            day = trade.entry_time_ns // DAY_NS
            by_day[day] = by_day.get(day, 0.0) + trade.pnl / (trade.quantity * trade.entry_price)
    assert abs(day_t(by_day)) < 3.0
