"""An account broken down by the regime in which its trades were decided."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.contracts import Backtest, ExitReason, Market, Trade
from tools.market.problems import MarketError
from tools.market.regimes import DIMENSIONS, Labels, MarketRegimeDetector

LABEL = "label"


def entry_labels(market: Market, backtest: Backtest, dimension: str = LABEL) -> list[str]:
    """The regime of each trade of ``backtest``, in their order, as known when the entry was decided: at the close of the bar
    before the fill. ``dimension`` is one of DIMENSIONS, or all three together."""
    detector = MarketRegimeDetector()
    labels = detector.label(market) if dimension == LABEL else detector.dimension(market, dimension)
    return [str(labels[max(trade.entry_bar - 1, 0)]) for trade in backtest.trades]


def by_regime(market: Market, backtest: Backtest, dimension: str = LABEL) -> dict[str, dict[str, Any]]:
    """``{label: {"trades", "mean_bps", "loss_share", "pnl", "time_share"}}``, most trades first.

    Closed trades; basis points of the entry's notional after costs; ``time_share`` is the share of all bars that had the
    label, so that a reader sees whether trades are over-represented there. Labels without a trade are listed, too, with
    ``mean_bps`` None."""
    if dimension != LABEL and dimension not in DIMENSIONS:
        raise MarketError(f"{dimension!r} is not known: use {LABEL} or one of {', '.join(DIMENSIONS)}")
    detector = MarketRegimeDetector()
    labels = detector.label(market) if dimension == LABEL else detector.dimension(market, dimension)
    closed = [t for t in backtest.trades if t.reason is not ExitReason.OPEN]
    held = np.array([labels[max(t.entry_bar - 1, 0)] for t in closed], dtype=labels.dtype)

    def grouped(name: str) -> list[Trade]:
        return [t for t, h in zip(closed, held, strict=True) if h == name]

    rows = {str(name): _row(grouped(name), name, labels) for name in np.unique(labels)}
    return dict(sorted(rows.items(), key=lambda item: (-item[1]["trades"], item[0])))


def _row(trades: list[Trade], name: str, labels: Labels) -> dict[str, Any]:
    returns = np.array([1e4 * t.pnl / (abs(t.quantity) * t.entry_price) for t in trades])
    known = len(trades) > 0
    return {
        "trades": len(trades),
        "mean_bps": float(returns.mean()) if known else None,
        "loss_share": float((returns < 0).mean()) if known else None,
        "pnl": float(sum(t.pnl for t in trades)),
        "time_share": float((labels == name).mean()),
    }
