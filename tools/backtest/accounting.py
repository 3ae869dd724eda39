"""The accounting identities, replayed from the trades alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.backtest.errors import AccountingError
from tools.backtest.prepare import BPS, Account, Prepared, SharedAccount
from tools.contracts import Costs, Floats, Ints

#: How far float64 may drift, relative to the largest amount involved and growing with the number of trades.
_TOLERANCE = 1e-11


def check_accounting(prepared: Prepared, account: Account, costs: Costs) -> None:
    """Compares the kernel's equity with what the trades say, on every bar.

    Without a position, equity = initial cash + net P&L of the trades closed so far; with one, that plus the
    position's marked P&L less its entry fee and the funding paid so far. Hence final equity = initial cash + sum
    of net P&L, an open trade at its mark. Raises AccountingError."""
    earned = _earned(prepared, account.ints, account.floats, costs.taker_bps * BPS)
    _compare(prepared.market.symbol, account.equity, prepared.initial_cash + earned, len(account.ints))


def check_shared_accounting(
    parts: Sequence[Prepared],
    places: Sequence[Ints],
    account: SharedAccount,
    costs: Costs,
    initial_cash: float,
) -> None:
    """The same for an account that symbols share: equity = initial cash + what each symbol has earned so far, a symbol
    without a bar at its last close. ``places``: per symbol, where its bars are on the account's time."""
    expected = np.full(len(account.equity), initial_cash)
    for s, (prepared, place) in enumerate(zip(parts, places, strict=True)):
        mine = account.ints[:, 4] == s
        earned = _earned(prepared, account.ints[mine], account.floats[mine], costs.taker_bps * BPS)
        known = np.searchsorted(place, np.arange(len(expected)), side="right")
        expected += np.concatenate(([0.0], earned))[known]
    _compare("portfolio", account.equity, expected, len(account.ints))


def _compare(name: str, equity: Floats, expected: Floats, trades: int) -> None:
    scale = float(np.abs(expected).max()) * (10 + trades)
    wrong = ~(np.abs(equity - expected) <= _TOLERANCE * scale)  # NaN is wrong too
    if wrong.any():
        bar = int(np.argmax(wrong))
        raise AccountingError(
            f"{name}: equity is {equity[bar]!r} on bar {bar} but the trades add up to "
            f"{expected[bar]!r}: this is a fault of the simulation, please report it"
        )


def _earned(prepared: Prepared, ints: Ints, floats: Floats, taker: float) -> Floats:
    """Net P&L so far at each bar's close, the position held there at its mark."""
    opens, _, _, closes = prepared.prices
    bars = np.arange(len(closes))
    closed = np.searchsorted(ints[:, 1], bars, side="right")
    earned: Floats = np.concatenate(([0.0], np.cumsum(floats[:, 5])))[closed]
    held = _held(ints, len(bars))
    # Trades follow one another, so the one held is the first that is not closed yet.
    entry, side = ints[closed[held], 0], ints[closed[held], 2]
    quantity, price = floats[closed[held], 0], floats[closed[held], 1]
    due = np.cumsum(opens * prepared.funding.rates)
    marked = side * quantity * (closes[held] - price)
    earned[held] += marked - quantity * price * taker - side * quantity * (due[held] - due[entry])
    return earned


def _held(ints: Ints, bars: int) -> NDArray[np.bool_]:
    """Bars at whose close a position is held, an open trade's last bar apart (its P&L is booked there)."""
    steps = np.zeros(bars + 1, dtype=np.int64)
    np.add.at(steps, ints[:, 0], 1)
    np.add.at(steps, ints[:, 1], -1)
    return np.asarray(np.cumsum(steps[:-1]) > 0)
