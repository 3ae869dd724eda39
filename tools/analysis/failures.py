"""Why trades lose: where the losses sit, and whether they sat there in the later half, too.

A group is only called a cause of nothing: it is a place. ``held`` says that its mean had the same sign in the earlier and in
the later half of the trades, with at least MIN_HALF trades in each; None where there are too few to tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tools.analysis.study import Study
from tools.contracts import Market, Trade
from tools.market.regimes import DIMENSIONS, Regime
from tools.market.regimes_trades import regime_of

MIN_HALF = 10
Key = Callable[[Trade], str]
GROUPS: dict[str, Key] = {
    "exit_reason": lambda t: t.reason.value,
    "symbol": lambda t: t.symbol,
    "side": lambda t: "long" if t.side > 0 else "short",
    "hour_utc": lambda t: f"{pd.Timestamp(t.entry_time_ns, unit='ns').hour:02d}",
}


def failures_of(study: Study) -> dict[str, Any]:
    """``{"n", "losers", "mean_bps", "groups": {kind: [{"group", "n", "mean_bps", "loss_share", "held"}]}, "excursions"}``.

    ``regime`` groups by the whole label; volatility, volume and session by one part of it, so that groups are large enough
    to be confirmed. Basis points of the entry's notional, after costs; worst groups first; trades still open are left out."""
    trades = sorted(
        (t for b in study.backtests.values() for t in b.trades if t.reason.value != "open"),
        key=lambda t: t.entry_time_ns,
    )
    returns = np.array([t.net_bps for t in trades])
    keys = {**GROUPS, **regime_keys(study)}
    groups = {name: _grouped(trades, returns, key) for name, key in keys.items()}
    return {
        "n": len(trades),
        "losers": int((returns < 0).sum()),
        "mean_bps": float(returns.mean()) if len(trades) else None,
        "groups": groups,
        "excursions": _excursions(study, trades, returns),
        "until_ns": study.until_ns,
    }


def regime_keys(study: Study) -> dict[str, Key]:
    """``regime`` and each of its parts by name, as known when the entry was decided."""

    def whole(trade: Trade) -> str:
        return regime_of(study.labels(trade.symbol), trade)

    def part(name: str) -> Key:
        return lambda trade: str(getattr(Regime.parse(whole(trade)), name))

    return {"regime": whole, **{name: part(name) for name in DIMENSIONS}}


def _grouped(trades: list[Trade], returns: np.ndarray, key: Key) -> list[dict[str, Any]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, trade in enumerate(trades):
        places[key(trade)].append(place)
    rows = [_row(group, np.array(at), returns, len(trades)) for group, at in places.items()]
    return sorted(rows, key=lambda r: (r["mean_bps"], r["group"]))


def _row(group: str, at: np.ndarray, returns: np.ndarray, total: int) -> dict[str, Any]:
    values = returns[at]
    early, late = values[at < total // 2], values[at >= total // 2]
    enough = min(len(early), len(late)) >= MIN_HALF
    held = bool(np.sign(early.mean()) == np.sign(late.mean())) if enough else None
    return {
        "group": group,
        "n": len(at),
        "mean_bps": float(values.mean()),
        "loss_share": float((values < 0).mean()),
        "held": held,
    }


def _excursions(study: Study, trades: list[Trade], returns: np.ndarray) -> dict[str, Any]:
    """How far trades ran for and against (median bps), winners and losers apart. Losers that first ran far in favour point
    at exits; losers that never did point at entries."""
    if not trades:
        return {"n": 0, "why": "no closed trades"}
    pairs = np.array([excursion_bps(study.markets[t.symbol], t) for t in trades])
    lost = returns < 0
    shown: dict[str, Any] = {"n": len(trades)}
    for name, chosen in (("winners", ~lost), ("losers", lost)):
        part = pairs[chosen]
        shown[name] = {
            "n": len(part),
            "favourable_bps": float(np.median(part[:, 0])) if len(part) else None,
            "adverse_bps": float(np.median(part[:, 1])) if len(part) else None,
        }
    return shown


def excursion_bps(market: Market, trade: Trade) -> tuple[float, float]:
    """(MFE, MAE), both >= 0: the best and the worst price from entry to exit against the entry price."""
    bars = slice(trade.entry_bar, trade.exit_bar + 1)
    high, low = float(market.columns["high"][bars].max()), float(market.columns["low"][bars].min())
    up, down = 1e4 * (high / trade.entry_price - 1), 1e4 * (1 - low / trade.entry_price)
    return (max(up, 0.0), max(down, 0.0)) if trade.side > 0 else (max(down, 0.0), max(up, 0.0))
