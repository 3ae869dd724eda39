"""Random candles, decisions, costs and exit plans for property tests, and how the reference is told about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from builders import decisions_of, market_of
from hypothesis import strategies as st
from reference import Symbol, Terms

from tools.contracts import DECISION_COLUMNS, Costs, Decisions, ExitPlan, Market

#: Moves between bars (close to open) and inside them, as fractions: calm, flat, gaps and crashes.
moves = st.one_of(
    st.just(0.0),
    st.floats(-0.02, 0.02),
    st.floats(-0.4, 0.6),
    st.sampled_from([-0.1, -0.05, 0.05, 0.1, 1.5]),
)
wicks = st.one_of(st.just(0.0), st.floats(0.0, 0.03), st.floats(0.0, 0.3))
distances = st.one_of(st.just(0.0), st.sampled_from([0.01, 0.05, 0.1]), st.floats(0.001, 1.2))


@st.composite
def bars(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """Relative: gap from the close before, move to the close, wick up, wick down."""
    return draw(moves), draw(moves), draw(wicks), draw(wicks)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, float]:
    """One decisions row; entries are likely enough that most markets trade. NaN = off, and a size of NaN = 1."""
    flag = st.sampled_from([0.0, 0.0, 0.0, 1.0, float("nan")])
    row = {name: draw(flag) for name in DECISION_COLUMNS[:4]}
    row["size"] = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0, float("nan")]))
    row |= {name: draw(distances) for name in ("stop", "target", "trail")}
    row["max_bars"] = float(draw(st.integers(0, 4)))
    return row


@st.composite
def plans(draw: st.DrawFn) -> ExitPlan:
    """Mostly none: targets that come nearer with time (or pass the entry), a trailing stop that starts later."""
    if draw(st.booleans()):
        return ExitPlan(levels=draw(st.booleans()))
    rung = st.tuples(st.integers(0, 5), st.sampled_from([0.2, 0.05, 0.01, 0.0, -0.02, 1.5]))
    return ExitPlan(
        tuple(draw(st.lists(rung, max_size=3))),
        draw(st.sampled_from([0.0, 0.01, 0.1])),
        draw(st.sampled_from([0.0, 0.01, 0.05])),
        draw(st.booleans()),
    )


@st.composite
def costs_and_terms(draw: st.DrawFn) -> Costs:
    bps = st.sampled_from([0.0, 2.0, 30.0])
    leverage = draw(st.sampled_from([1.0, 1.0, 2.0, 5.0, 20.0]))
    return Costs(
        maker_bps=draw(bps),
        taker_bps=draw(bps),
        slippage_bps=draw(bps),
        leverage=leverage,
        maintenance_margin=draw(st.sampled_from([0.0, 0.005, 0.04])),
    )


@st.composite
def candles(draw: st.DrawFn) -> list[tuple[float, float, float, float]]:
    shapes = draw(st.lists(bars(), min_size=2, max_size=25))
    close, prices = 100.0, []
    for gap, move, up, down in shapes:
        opened = close * (1 + gap)
        close = opened * (1 + move)
        prices.append((opened, max(opened, close) * (1 + up), min(opened, close) * (1 - down), close))
    return prices


@st.composite
def cases(draw: st.DrawFn) -> tuple[Market, Decisions, Costs]:
    prices = draw(candles())
    funding = draw(
        st.dictionaries(
            st.integers(0, len(prices) - 1), st.sampled_from([1e-4, -3e-4, 0.2]), max_size=len(prices) // 2
        )
    )
    chosen = {i: draw(rows()) for i in range(len(prices))}
    decisions = replace(decisions_of(len(prices), chosen), plan=draw(plans()))
    return market_of(prices, funding=funding), decisions, draw(costs_and_terms())


def symbol_of(market: Market, decisions: Decisions) -> Symbol:
    columns = [market.columns[name].tolist() for name in ("open", "high", "low", "close")]
    values = decisions.values.copy()
    values[np.isnan(values[:, 4]), 4] = 1.0
    return Symbol(
        market.symbol,
        market.time.tolist(),
        list(zip(*columns, strict=True)),
        [dict(zip(DECISION_COLUMNS, row, strict=True)) for row in np.nan_to_num(values).tolist()],
        market.columns["funding_rate"].tolist(),
    )


def terms_of(costs: Costs, plan: ExitPlan) -> Terms:
    return Terms(
        costs.maker_bps / 1e4,
        costs.taker_bps / 1e4,
        costs.slippage_bps / 1e4,
        costs.leverage,
        costs.maintenance_margin,
        plan.targets,
        plan.trail_after,
        plan.trail_then,
        moves=plan.moves,
        levels=plan.levels,
    )
