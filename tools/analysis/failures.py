"""Why trades lose: where the losses sit, and whether they sat there in the later half, too.

A group is only called a cause of nothing: it is a place. ``held`` says that its mean had the same sign in the earlier and in
the later half of the trades, with at least MIN_HALF trades in each; None where there are too few to tell. Many groups are
looked at, so that the worst of them look worse than they are: a statement is a reason to test.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from tools.analysis.entries_exits import entries_or_exits
from tools.analysis.study import Study
from tools.analysis.trade_context import AFTERWARDS, Key, context_keys, excursion_bps
from tools.contracts import Trade
from tools.market.regimes import DIMENSIONS, Regime
from tools.market.regimes_trades import regime_of

MIN_HALF = 10
#: Standard errors that a group must lie below the other trades to be told, and how many are.
BELOW, MOST_STATEMENTS = 2.0, 12
GROUPS: dict[str, Key] = {
    "exit_reason": lambda t: t.reason.value,
    "symbol": lambda t: t.symbol,
    "side": lambda t: "long" if t.side > 0 else "short",
    "hour_utc": lambda t: f"{pd.Timestamp(t.entry_time_ns, unit='ns').hour:02d}",
}


def failures_of(study: Study) -> dict[str, Any]:
    """``{"n", "losers", "mean_bps", "entries_or_exits", "statements", "groups": {kind: [{"group", "n", "mean_bps",
    "rest_bps", "loss_share", "held", "known"}]}, "excursions"}``.

    ``regime`` groups by the whole label; volatility, volume and session by one part of it, so that groups are large enough
    to be confirmed. ``known`` is ``at entry``, or ``afterwards`` where only the end of a trade tells. Basis points of the
    entry's notional, after costs; worst groups first; trades still open are left out."""
    trades = sorted(
        (t for b in study.backtests.values() for t in b.trades if t.reason.value != "open"),
        key=lambda t: t.entry_time_ns,
    )
    returns = np.array([t.net_bps for t in trades])
    keys = {**GROUPS, **regime_keys(study), **context_keys(study.markets, trades)}
    groups = {name: _grouped(trades, returns, name, key) for name, key in keys.items()}
    return {
        "n": len(trades),
        "losers": int((returns < 0).sum()),
        "mean_bps": float(returns.mean()) if len(trades) else None,
        "entries_or_exits": entries_or_exits(study.markets, trades),
        "statements": _statements(groups),
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


def _grouped(trades: list[Trade], returns: np.ndarray, kind: str, key: Key) -> list[dict[str, Any]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, trade in enumerate(trades):
        places[key(trade)].append(place)
    known = "afterwards" if kind in AFTERWARDS else "at entry"
    rows = [{**_row(group, np.array(at), returns), "known": known} for group, at in places.items()]
    return sorted(rows, key=lambda r: (r["mean_bps"], r["group"]))


def _row(group: str, at: np.ndarray, returns: np.ndarray) -> dict[str, Any]:
    values, rest = returns[at], np.delete(returns, at)
    early, late = values[at < len(returns) // 2], values[at >= len(returns) // 2]
    enough = min(len(early), len(late)) >= MIN_HALF
    held = bool(np.sign(early.mean()) == np.sign(late.mean())) if enough else None
    return {
        "group": group,
        "n": len(at),
        "mean_bps": float(values.mean()),
        "rest_bps": float(rest.mean()) if len(rest) else None,
        "below": _below(values, rest),
        "loss_share": float((values < 0).mean()),
        "held": held,
    }


def _below(values: np.ndarray, rest: np.ndarray) -> float | None:
    """How many standard errors of the difference the group lies below the other trades."""
    if min(len(values), len(rest)) < 2 * MIN_HALF:
        return None
    error = float(np.sqrt(values.var(ddof=1) / len(values) + rest.var(ddof=1) / len(rest)))
    return float((rest.mean() - values.mean()) / error) if error > 0 else None


def _statements(groups: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Groups that lose, and clearly more than the other trades, the surest first; ``held`` beside each."""
    found = []
    for kind, rows in groups.items():
        for row in rows:
            if row["below"] is not None and row["below"] >= BELOW and row["mean_bps"] < 0:
                found.append({"kind": kind, **row, "text": _said(kind, row)})
    found.sort(key=lambda r: (r["held"] is not True, -r["below"], r["kind"]))
    return found[:MOST_STATEMENTS]


def _said(kind: str, row: dict[str, Any]) -> str:
    later = {True: "so in the later half, too", False: "not so in the later half", None: "too few to confirm"}
    when = "" if row["known"] == "at entry" else ", known only afterwards"
    return (
        f"{kind.replace('_', ' ')} {row['group']}: {row['n']} trades make {row['mean_bps']:+.1f} bps each, the others "
        f"{row['rest_bps']:+.1f} ({later[row['held']]}{when})"
    )


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
