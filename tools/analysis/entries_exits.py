"""Is it the entries or the exits? What the price did after each entry is compared with what the trade made of it.

The move from the fill, in the trade's favour, is measured at several times after the entry, whatever the trade did. An entry
is *fine* when that mean is above zero at one of them. An exit is *late* when an earlier time would have made more than the
trade did, *early* when a later one would have. A mean is believed when it is T_ENOUGH of its own standard errors from zero
(whole days are what varies together) and has the same sign in the earlier and the later half of the trades. Before costs;
the vault is never looked at, so that trades too near to its start have no later times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tools.contracts import Floats, Market, Trade

#: Times after the entry, as parts of the middle holding time; trades needed; and how sure a mean must be.
PARTS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
ENOUGH, T_ENOUGH = 30, 2.5
DAY_NS = 86_400_000_000_000
WORDS = {
    "exits_late": "The entries are fine, the exits are late",
    "exits_early": "The entries are fine, the exits are early",
    "entries_wrong": "The entries are wrong: the price does not move their way at any time after",
    "entries_opposite": "The entries are wrong: the price moves against them",
    "costs": "The entries and the exits are fine, the costs take more than they make",
    "fine": "The entries and the exits are fine",
    "unknown": "It cannot be told whether the entries or the exits are to blame",
}


def entries_or_exits(markets: Mapping[str, Market], trades: Sequence[Trade]) -> dict[str, Any]:
    """``{"verdict", "statement", "n", "held", "gross_bps", "net_bps", "after_entry": [{"bars", "mean_bps", "t", "n",
    "held", "beyond_exit_bps", "beyond_t"}]}``. ``verdict`` is a key of WORDS; ``beyond_exit_bps`` is how much more than
    the trade that time would have made."""
    closed = sorted((t for t in trades if t.closed), key=lambda t: t.entry_time_ns)
    if len(closed) < ENOUGH:
        why = f"{len(closed)} closed trades, needs {ENOUGH}"
        return {"verdict": "unknown", "statement": f"{WORDS['unknown']}: {why}.", "n": len(closed), "held": None,
                "gross_bps": None, "net_bps": None, "after_entry": []}  # fmt: skip
    gross = np.array([t.side * 1e4 * (t.exit_price / t.entry_price - 1) for t in closed])
    held_bars = float(np.median([t.exit_bar - t.entry_bar for t in closed]))
    steps = sorted({max(1, round(part * held_bars)) for part in PARTS})
    days = np.array([t.entry_time_ns // DAY_NS for t in closed])
    rows = [_row(bars, _moves(markets, closed, bars), gross, days) for bars in steps]
    net = float(np.mean([t.net_bps for t in closed]))
    verdict, row = _verdict(rows, held_bars, float(gross.mean()), net)
    return {
        "verdict": verdict,
        "statement": _said(verdict, row, held_bars, float(gross.mean()), net),
        "n": len(closed),
        "held": None if row is None else row["held"],
        "gross_bps": float(gross.mean()),
        "net_bps": net,
        "after_entry": rows,
    }


def _moves(markets: Mapping[str, Market], trades: Sequence[Trade], bars: int) -> Floats:
    """The move in favour, bps of the entry price, at the close ``bars`` after the entry; NaN beyond the data."""
    moves = np.full(len(trades), np.nan)
    for i, trade in enumerate(trades):
        close, at = markets[trade.symbol].columns["close"], trade.entry_bar + bars
        if at < len(close):
            moves[i] = trade.side * 1e4 * (close[at] / trade.entry_price - 1)
    return moves


def _row(bars: int, moves: Floats, gross: Floats, days: np.ndarray) -> dict[str, Any]:
    known = np.isfinite(moves)
    move, day, more = moves[known], days[known], moves[known] - gross[known]
    return {
        "bars": bars,
        "n": int(known.sum()),
        "mean_bps": float(move.mean()) if len(move) else None,
        "t": strength(move, day),
        "held": same_sign(move),
        "beyond_exit_bps": float(more.mean()) if len(more) else None,
        "beyond_t": strength(more, day),
        "beyond_held": same_sign(more),
    }


def strength(values: Floats, days: np.ndarray) -> float | None:
    """The sum over its standard error, trades of one day counted as one draw; None with fewer than 10 days."""
    names, day = np.unique(days, return_inverse=True)
    if len(names) < 10:
        return None
    sums = np.bincount(day, values)
    spread = float(np.sqrt((sums**2).sum()))
    return float(values.sum() / spread) if spread > 0 else None


def same_sign(values: Floats) -> bool | None:
    """Whether the mean of the later half has the sign of the earlier half's; None with fewer than 10 in a half."""
    half = len(values) // 2
    if half < 10:
        return None
    return bool(np.sign(values[:half].mean()) == np.sign(values[half:].mean()))


def _sure(row: Mapping[str, Any], key: str, held: str, sign: int) -> bool:
    return row[key] is not None and sign * row[key] >= T_ENOUGH and row[held] is True


def _verdict(
    rows: list[dict[str, Any]], held_bars: float, gross: float, net: float
) -> tuple[str, dict[str, Any] | None]:
    """The verdict and the time after the entry that speaks for it."""
    fine = [r for r in rows if _sure(r, "t", "held", 1)]
    if fine:
        better = [r for r in fine if _sure(r, "beyond_t", "beyond_held", 1)]
        if better:
            best = max(better, key=lambda r: r["beyond_exit_bps"])
            return ("exits_late" if best["bars"] < held_bars else "exits_early"), best
        best = max(fine, key=lambda r: r["mean_bps"])
        return ("costs" if net < 0 < gross else "fine"), best
    against = [r for r in rows if _sure(r, "t", "held", -1)]
    if against:
        return "entries_opposite", min(against, key=lambda r: r["mean_bps"])
    known = [r for r in rows if r["t"] is not None]
    if not known or net >= 0:
        return "unknown", None
    return "entries_wrong", max(known, key=lambda r: r["t"])


def _said(verdict: str, row: Mapping[str, Any] | None, held_bars: float, gross: float, net: float) -> str:
    start = f"{WORDS[verdict]}."
    if row is None:
        return start
    after = (
        f" {row['bars']} bars after the entry the price has moved {row['mean_bps']:+.1f} bps their way (n {row['n']}, "
        f"t {row['t']:.1f}, {'the same' if row['held'] else 'not the same'} sign in the later half)"
    )
    made = (
        f"; held for {held_bars:.0f} bars they made {gross:+.1f} bps before and {net:+.1f} bps after costs."
    )
    return start + after + made
