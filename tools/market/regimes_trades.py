"""An account broken down by the regime in which its trades were decided."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tools.contracts import Backtest, Floats, Market, Trade
from tools.market.problems import MarketError
from tools.market.regimes import DIMENSIONS, Labels, MarketRegimeDetector

LABEL = "label"


class KnownLabels:
    """The labels of markets, worked out once for each market object that is alive."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Market], Labels]] = {}

    def of(self, market: Market) -> Labels:
        """See MarketRegimeDetector.label."""
        known = self._known.get(id(market))
        if known is not None and known[0]() is market:
            return known[1]
        labels = MarketRegimeDetector().label(market)
        self._known[id(market)] = (weakref.ref(market), labels)
        return labels


def regime_of(labels: Labels, trade: Trade) -> str:
    """The label that was known when the entry was decided: at the close of the bar before the fill."""
    return str(labels[max(trade.entry_bar - 1, 0)])


def traded_regimes(labels: Labels, backtest: Backtest) -> dict[str, dict[str, Any]]:
    """``{label: {"trades", "expectancy_bps", "pnl"}}`` of the closed trades, by label; only labels with a trade.

    ``expectancy_bps`` is the plain mean in basis points of the entry's notional after costs, ``pnl`` in quote currency."""
    grouped: dict[str, list[Trade]] = {}
    for trade in backtest.trades:
        if trade.closed:
            grouped.setdefault(regime_of(labels, trade), []).append(trade)
    return {label: _figures(grouped[label]) for label in sorted(grouped)}


def entry_labels(market: Market, backtest: Backtest, dimension: str = LABEL) -> list[str]:
    """The regime of each trade of ``backtest``, in their order, as known when the entry was decided: at the close of the bar
    before the fill. ``dimension`` is one of DIMENSIONS, or all three together."""
    detector = MarketRegimeDetector()
    labels = detector.label(market) if dimension == LABEL else detector.dimension(market, dimension)
    return [regime_of(labels, trade) for trade in backtest.trades]


def by_regime(market: Market, backtest: Backtest, dimension: str = LABEL) -> dict[str, dict[str, Any]]:
    """``{label: {"trades", "mean_bps", "loss_share", "pnl", "time_share"}}``, most trades first.

    Closed trades; basis points of the entry's notional after costs; ``time_share`` is the share of all bars that had the
    label, so that a reader sees whether trades are over-represented there. Labels without a trade are listed, too, with
    ``mean_bps`` None."""
    if dimension != LABEL and dimension not in DIMENSIONS:
        raise MarketError(f"{dimension!r} is not known: use {LABEL} or one of {', '.join(DIMENSIONS)}")
    detector = MarketRegimeDetector()
    labels = detector.label(market) if dimension == LABEL else detector.dimension(market, dimension)
    closed = [t for t in backtest.trades if t.closed]

    def grouped(name: str) -> list[Trade]:
        return [t for t in closed if regime_of(labels, t) == name]

    rows = {str(name): _row(grouped(name), name, labels) for name in np.unique(labels)}
    return dict(sorted(rows.items(), key=lambda item: (-item[1]["trades"], item[0])))


def _row(trades: list[Trade], name: str, labels: Labels) -> dict[str, Any]:
    found = _figures(trades)
    return {
        "trades": found["trades"],
        "mean_bps": found["expectancy_bps"],
        "loss_share": float((_returns(trades) < 0).mean()) if trades else None,
        "pnl": found["pnl"],
        "time_share": float((labels == name).mean()),
    }


def _figures(trades: list[Trade]) -> dict[str, Any]:
    mean = float(_returns(trades).mean()) if trades else None
    return {"trades": len(trades), "expectancy_bps": mean, "pnl": float(sum(t.pnl for t in trades))}


def _returns(trades: list[Trade]) -> Floats:
    return np.array([t.net_bps for t in trades])
