"""The look-ahead check: sound strategies with memory pass, peeks are proven."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from lookahead_strategies import BAD, GOOD, HELD_BAD, HELD_GOOD, Strategy

from tools.analysis.lookahead.check import Check, check_lookahead
from tools.analysis.lookahead.futures import nudged, scrambled
from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Costs, Decisions, Market

BARS = 3000


def make_market(seed: int = 3, bars: int = BARS) -> Market:
    """A random walk with volume, signed flow and a funding rate that is known every eight hours."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.002, bars)))
    opened = np.concatenate([[100.0], close[:-1]])
    time = 1_700_006_400_000_000_000 + np.arange(bars, dtype=np.int64) * 300_000_000_000
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + rng.exponential(0.001, bars)),
        "low": np.minimum(opened, close) / (1 + rng.exponential(0.001, bars)),
        "close": close,
        "volume": rng.gamma(2.0, 50.0, bars),
        "flow": rng.normal(0, 20.0, bars),
        "funding": np.where(np.arange(bars) % 96 == 0, rng.normal(0, 1e-4, bars), np.nan),
    }
    roles = {"price": ("open", "high", "low", "close"), "volume": ("volume",), "flow": ("flow",)}
    return Market("X", 5, time, columns, {**roles, "funding": ("funding",)})


def answer(strategy: Strategy, market: Market) -> Decisions | None:
    """The strategy's decisions as an adapter gives them; None where it raises, as the sandbox does."""
    try:
        told = strategy(market.frame())
    except Exception:  # noqa: BLE001 - whatever a strategy raises is no answer
        return None
    values = np.zeros((len(market), len(DECISION_COLUMNS)))
    values[:, 4] = 1.0
    for name in told.columns:
        column = told[name].to_numpy(dtype=float, na_value=np.nan)
        values[:, DECISION_COLUMNS.index(name)] = np.where(np.isnan(column), float(name == "size"), column)
    return Decisions(market.symbol, values)


def check(strategy: Strategy, market: Market) -> Check:
    whole = answer(strategy, market)
    assert whole is not None

    def ask(markets: Sequence[Market]) -> list[Decisions | None]:
        return [answer(strategy, bars) for bars in markets]

    return check_lookahead(ask, market, whole, simulate(market, whole, Costs()))


@pytest.fixture(scope="module")
def market() -> Market:
    return make_market()


@pytest.mark.parametrize("name", [*GOOD, *HELD_GOOD])
def test_sound_strategies_pass(market: Market, name: str) -> None:
    found = check((GOOD | HELD_GOOD)[name], market)
    assert found.broken is None and found.cuts > 15 and found.searched > 700


@pytest.mark.parametrize("name", [*BAD, *HELD_BAD])
def test_peeks_are_proven(market: Market, name: str) -> None:
    broken = check((BAD | HELD_BAD)[name], market).broken
    assert broken is not None
    assert broken.bar < broken.cut and broken.bars > 0


def test_a_strategy_that_never_answers_is_not_known(market: Market) -> None:
    whole = answer(GOOD["ema_200"], market)
    assert whole is not None
    found = check_lookahead(lambda markets: [None] * len(markets), market, whole)
    assert not found.known and found.broken is None and found.unanswered > 15


def test_futures_keep_the_past(market: Market) -> None:
    other = scrambled(market, 1000)
    some = nudged(market, [500, 900], 1)
    for name, values in market.columns.items():
        np.testing.assert_array_equal(other.columns[name][:1000], values[:1000])
        assert name == "funding" or (other.columns[name][1000:] != values[1000:]).any()
        changed = np.flatnonzero((some.columns[name] != values) & ~np.isnan(values))
        assert changed.tolist() == [k for k in (500, 900) if not np.isnan(values[k])]
    assert (some.columns["high"] >= some.columns["low"]).all()
