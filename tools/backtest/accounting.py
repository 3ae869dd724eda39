"""The accounting identities, replayed from the trades alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.backtest.errors import AccountingError
from tools.backtest.prepare import BPS, Account, Prepared
from tools.contracts import Costs, Floats

#: How far float64 may drift, relative to the largest amount involved and growing with the number of trades.
_TOLERANCE = 1e-11


def check_accounting(prepared: Prepared, account: Account, costs: Costs) -> None:
    """Compares the kernel's equity with what the trades say, on every bar.

    Without a position, equity = initial cash + net P&L of the trades closed so far; with one, that plus the
    position's marked P&L less its entry fee and the funding paid so far. Hence final equity = initial cash + sum
    of net P&L, an open trade at its mark. Raises AccountingError."""
    expected = _replayed_equity(prepared, account, costs.taker_bps * BPS)
    scale = max(prepared.initial_cash, float(np.abs(expected).max())) * (10 + len(account.ints))
    wrong = ~(np.abs(account.equity - expected) <= _TOLERANCE * scale)  # NaN is wrong too
    if wrong.any():
        bar = int(np.argmax(wrong))
        raise AccountingError(
            f"{prepared.market.symbol}: equity is {account.equity[bar]!r} on bar {bar} but the trades add up to "
            f"{expected[bar]!r}: this is a fault of the simulation, please report it"
        )


def _replayed_equity(prepared: Prepared, account: Account, taker: float) -> Floats:
    opens, _, _, closes = prepared.prices
    bars = np.arange(len(closes))
    closed = np.searchsorted(account.ints[:, 1], bars, side="right")
    banked = prepared.initial_cash + np.concatenate(([0.0], np.cumsum(account.floats[:, 5])))
    equity: Floats = banked[closed]
    held = _held(account, len(bars))
    # Trades follow one another, so the one held is the first that is not closed yet.
    entry, side = account.ints[closed[held], 0], account.ints[closed[held], 2]
    quantity, price = account.floats[closed[held], 0], account.floats[closed[held], 1]
    due = np.cumsum(opens * prepared.funding.rates)
    marked = side * quantity * (closes[held] - price)
    equity[held] += marked - quantity * price * taker - side * quantity * (due[held] - due[entry])
    return equity


def _held(account: Account, bars: int) -> NDArray[np.bool_]:
    """Bars at whose close a position is held, an open trade's last bar apart (its P&L is booked there)."""
    steps = np.zeros(bars + 1, dtype=np.int64)
    np.add.at(steps, account.ints[:, 0], 1)
    np.add.at(steps, account.ints[:, 1], -1)
    return np.asarray(np.cumsum(steps[:-1]) > 0)
