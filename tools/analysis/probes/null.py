"""Invariant (advisory): on a random walk nobody earns more than nothing before costs.

The bars of the most traded symbol are put into a random order, each with its own shape and volume, so that volatility and
habits are the same and no edge is left. The gross result of a trade must then be 0 within CLEAR standard errors; more is a
look into the future that the other probes missed, or a fill that nobody gets (a stop and a target at once).

False-positive risks: a strategy that adds to losers earns often and loses rarely, so the error is understated; hence only a
suspect. Tolerance: five standard errors, thirty trades at the least.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tools.analysis.probes.base import Conviction, make_finding
from tools.analysis.study import Study
from tools.contracts import Costs, Finding, Market, Severity

CLEAR, ENOUGH = 5.0, 30
FREE = Costs(0.0, 0.0, 0.0, funding=False)


class NullProbe:
    """Profit out of noise."""

    name = "null_calibration"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one suspect."""
        from tools.backtest.simulate import simulate

        market = shuffled_walk(study.markets[study.by_activity[0]])
        decided = study.runner.decide(study.bundle, market).decisions
        if decided is None:
            return []
        trades = [t for t in simulate(market, decided, FREE).trades if t.closed]
        if len(trades) < ENOUGH:
            return []
        gross = np.array([t.net_bps for t in trades])
        mean, error = float(gross.mean()), float(gross.std(ddof=1) / np.sqrt(len(gross)))
        if error == 0 or mean < CLEAR * error:
            return []
        file, line = study.target_place
        text = (
            f"It earns {mean:.1f} bps a trade before costs on a random walk ({len(gross)} trades, {mean / error:.1f} standard "
            "errors): it sees the future, or is filled at prices that nobody gets."
        )
        return [Conviction(make_finding("null_edge", Severity.LOW, (file, line, "strategy"), text, {}))]


def shuffled_walk(market: Market) -> Market:
    """The same bars in another order, chained: each keeps its return, its shape and its amounts; times stay."""
    order = np.random.default_rng(len(market)).permutation(len(market))
    close = market.columns["close"]
    before = np.concatenate([close[:1], close[:-1]])
    returns = np.log(close / before)
    walk = close[0] * np.exp(np.cumsum((returns - returns.mean())[order]))
    last = np.concatenate([walk[:1], walk[:-1]])
    columns = {n: v[order] for n, v in market.columns.items()}
    for name in market.columns_of("price"):
        columns[name] = last * (market.columns[name] / before)[order] * np.exp(-returns.mean())
    columns["close"] = walk
    columns["high"] = np.maximum.reduce([columns["high"], columns["open"], walk])
    columns["low"] = np.minimum.reduce([columns["low"], columns["open"], walk])
    return replace(market.with_columns(columns))
