"""Events know no future, planted effects are found, and worlds without any are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from lab.worlds import generate_world
from tools.contracts import Market
from tools.discovery.compile import Wishes, compile_claim
from tools.discovery.features import forward_move, past_move, rolling_sum, trailing_mean, volatility
from tools.discovery.flow import estimated_flow, taker_flow
from tools.discovery.sample import place, take_sample
from tools.discovery.study import Measured, measure, measure_hours
from tools.discovery.verdict import verdict_of
from tools.market import guess_roles

CLAIMS = (
    "CVD divergence predicts reversals",
    "OI rise confirms squeeze",
    "volume spikes lead to continuation",
    "extreme funding predicts a reversal",
    "order flow imbalance predicts continuation",
    "prices rise between 7 and 10 UTC",
)
FIRST_LEVEL = 0.0013379


def judged(markets: dict[str, Market], claim: str, seed: int = 0) -> tuple[Measured | None, str]:
    spec = compile_claim(claim, markets).spec
    run = measure_hours if spec.direction == "any" else measure
    found = run(place(markets, spec), spec, np.random.default_rng(seed))
    return found, verdict_of(found, spec, FIRST_LEVEL) if found else "none"


@pytest.mark.parametrize("claim", CLAIMS)
def test_an_event_knows_nothing_later(claim: str) -> None:
    """Cut anywhere, and changed after the cut, the events before it are the same."""
    markets = dict(generate_world(days=50, symbols=["ETH"], seed=2).markets)
    spec = compile_claim(claim, markets).spec
    whole = place(markets, spec)[0]
    market = markets["ETHUSDT"]
    for cut in (9_001, 12_345):
        part = place({"ETHUSDT": market.cut(0, cut)}, spec)[0]
        early = whole.bars[whole.bars < cut - spec.horizon_bars]
        assert np.array_equal(part.bars, early)
        assert np.array_equal(part.signs, whole.signs[: len(early)])
    assert len(whole.bars) > 0


def test_outcomes_start_at_the_next_open() -> None:
    market = next(iter(generate_world(days=2, symbols=["ETH"], seed=1).markets.values()))
    sigma = volatility(market)
    moved = forward_move(market, 3, sigma)
    t = 300
    expected = np.log(market.columns["close"][t + 3] / market.columns["open"][t + 1]) / (
        sigma[t] * np.sqrt(3)
    )
    assert moved[t] == pytest.approx(np.clip(expected, -6, 6))
    assert np.isnan(moved[-3:]).all()
    assert np.isfinite(moved[-4])
    assert np.isfinite(past_move(market, 3, sigma)[100:]).all()


def test_windows_do_not_know_what_is_missing() -> None:
    values = np.array([1.0, np.nan, 3.0, 4.0, 5.0])
    assert rolling_sum(values, 2).tolist()[3:] == [7.0, 9.0]
    assert np.isnan(rolling_sum(values, 2)[:3]).all()
    assert trailing_mean(values, 3)[2] == pytest.approx(2.0)


def test_outcomes_of_one_symbol_do_not_overlap_and_controls_are_no_events() -> None:
    markets = dict(generate_world(days=20, symbols=["ETH", "TON"], seed=3).markets)
    spec = compile_claim("volume spikes lead to continuation", markets).spec
    for placed in place(markets, spec):
        assert np.diff(placed.bars).min() >= spec.horizon_bars
        assert not set(placed.bars) & set(placed.controls)
        assert (placed.events.direction[placed.controls] == 0).all()
    sample = take_sample(place(markets, spec), spec)
    assert sample.influence.sum() == pytest.approx(0.0, abs=1e-6)
    assert len(sample.y) + sample.unmatched == sum(len(p.bars) for p in place(markets, spec))


def flow_market(columns: dict[str, np.ndarray]) -> Market:
    n = 4
    prices = {k: np.full(n, 10.0) for k in ("open", "close")} | {
        "high": np.full(n, 11.0),
        "low": np.full(n, 9.0),
    }
    every = {**prices, **columns}
    return Market("XUSDT", 5, np.arange(n, dtype=np.int64), every, guess_roles(list(every)))


def test_flow_is_read_however_the_market_reports_it() -> None:
    volume, bought = np.array([4.0, 4, 4, 4]), np.array([3.0, 1, 2, 4])
    delta = 2 * bought - volume
    ways = [
        {"volume": volume, "taker_buy_volume": bought},
        {"quote_volume": volume, "taker_buy_quote_volume": bought},
        {"buy_volume": bought, "sell_volume": volume - bought},
        {"volume": volume, "delta": delta},
    ]
    for columns in ways:
        found = taker_flow(flow_market(columns))
        assert found is not None
        assert found[0].tolist() == delta.tolist()
        assert found[1].tolist() == volume.tolist()
    stepped = taker_flow(flow_market({"volume": volume, "cvd": np.cumsum(delta)}))
    assert stepped is not None
    assert stepped[0][1:].tolist() == delta[1:].tolist()
    assert taker_flow(flow_market({"volume": volume})) is None
    guess = estimated_flow(flow_market({"volume": volume}))
    assert guess is not None
    assert guess[0].tolist() == [0.0] * 4


def test_planted_effects_are_supported() -> None:
    markets = dict(generate_world(days=60, seed=3).markets)
    for claim in (CLAIMS[0], "CVD divergence predicts reversals over 30 minutes", CLAIMS[1]):
        found, verdict = judged(markets, claim)
        assert verdict == "supported", claim
        assert found is not None
        assert found.rate is not None
        assert found.control_rate is not None
        assert found.rate > 0.53 > found.control_rate
        assert found.strength[0]["holds"]
    assert judged(markets, "CVD divergence predicts continuation")[1] == "not_supported"


def test_worlds_without_an_effect_are_left_alone() -> None:
    """12 claims in 2 placebo worlds: at most 2 below 5 % (chance of more: 2 %), none supported at the ledger's level."""
    low = []
    for seed in (11, 12):
        markets = dict(
            generate_world(days=30, symbols=["ETH", "SOL", "TON"], seed=seed, placebo=True).markets
        )
        for claim in CLAIMS:
            found, verdict = judged(markets, claim, seed)
            assert verdict != "supported"
            low.append(found is not None and found.p < 0.05)
    assert sum(low) <= 2


@pytest.mark.slow
def test_false_alarms_over_sixty_placebo_claims() -> None:
    """Six claims in ten worlds. 60 claims at 5 %: more than 8 would happen once in 100 times."""
    ps, supported = [], 0
    for seed in range(40, 50):
        markets = dict(generate_world(days=60, seed=seed, placebo=True).markets)
        for claim in (*CLAIMS[:3], *CLAIMS[4:], "hour of day matters"):
            found, verdict = judged(markets, claim, seed)
            assert found is not None
            ps.append(found.p)
            supported += verdict == "supported"
    assert len(ps) == 60
    assert sum(p < 0.05 for p in ps) <= 8
    assert supported <= 1


def test_few_days_cannot_tell_and_say_how_many_months_would() -> None:
    markets = dict(generate_world(days=12, symbols=["TON"], seed=5, placebo=True).markets)
    spec = compile_claim("volume spikes lead to continuation", markets, wishes=Wishes(useful_bps=2.0)).spec
    found = measure(place(markets, spec), spec, np.random.default_rng(0))
    assert found is not None
    assert verdict_of(found, spec, FIRST_LEVEL) == "underpowered"
