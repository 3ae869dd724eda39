"""The compiled rules of the simulation and the account of one symbol, bar by bar. See :mod:`tools.backtest.simulate`
for the rules in words; the shared account of many symbols and the stepped one use the same functions.

Importing this module imports numba; compilation happens at the first call and is cached on disk. numba looks at a
function's own file only when it asks whether its cache is old, so everything compiled that calls these rules must
live here (or go without a cache): a rule changed elsewhere would leave old machine code in use.
"""

from __future__ import annotations

import numba
import numpy as np

from tools.contracts import Floats, Ints

# Columns of a decisions row, in the order of DECISION_COLUMNS.
ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT, SIZE, STOP, TARGET, TRAIL, MAX_BARS = range(9)
# Codes of ExitReason, in the order in which that enum lists them.
SIGNAL, STOPPED, TARGETED, TRAILED, TIMED, LIQUIDATED, OPEN = range(7)
# Columns of the two trade tables.
ENTRY_BAR, EXIT_BAR, SIDE, REASON, SYMBOL = range(5)
QUANTITY, ENTRY_PRICE, EXIT_PRICE, FEES, FUNDING, PNL = range(6)
# Terms of a run, fractions: fees, slippage, margin, and when and how closely a trailing stop follows in the end.
MAKER, TAKER, SLIPPAGE, LEVERAGE, MAINTENANCE, TRAIL_AFTER, TRAIL_THEN = range(7)

_njit = numba.njit(cache=True, nogil=True, error_model="numpy")
# Inlined by numba itself: LLVM leaves it a call in the hottest place (13 ms for a million bars instead of 6).
_inlined = numba.njit(inline="always")


@_inlined
def wanted_side(decisions: Floats, bar: int) -> int:
    """+1 or -1 for the entry that a decisions row asks for, 0 for none, 2 for one that contradicts itself."""
    long, short = decisions[bar, ENTER_LONG] > 0.0, decisions[bar, ENTER_SHORT] > 0.0
    if not long and not short:
        return 0
    if long and (short or decisions[bar, EXIT_LONG] > 0.0):
        return 2
    if short and decisions[bar, EXIT_SHORT] > 0.0:
        return 2
    return 1 if long else -1


@_njit
def entry_terms(
    side: float, stake: float, price: float, taker: float, leverage: float
) -> tuple[float, float, float]:
    """Signed quantity, fee and ``held`` of a position that takes ``stake`` out of the free cash.

    The stake pays the entry fee and is the isolated margin of ``leverage`` times as much notional, so that a
    full-size entry never needs more than the account has. ``held`` is the position's own cash after the purchase
    (negative = lent by the venue): the position is worth ``held + quantity x price``."""
    quantity = side * stake * leverage / (price * (1.0 + leverage * taker))
    fee = abs(quantity) * price * taker
    return quantity, fee, stake - fee - quantity * price


@_njit
def liquidation_price(side: float, quantity: float, held: float, maintenance: float) -> float:
    """The price at which the position's worth is down to its maintenance margin, ``maintenance x notional``; 0 or
    less: none for a long.

    Solves ``held + quantity x p = maintenance x |quantity| x p``. Binance, "How to Calculate Liquidation Price of
    USD-M Futures Contracts", isolated margin, one position, with a maintenance amount (cum) of 0."""
    return -held / (quantity * (1.0 - side * maintenance))


@_njit
def protective_level(
    side: float, stop: float, trail: float, best: float, liquidation: float
) -> tuple[float, int]:
    """The resting stop that is hit first, and why: the fixed stop, the trailing one or the liquidation.

    0 or less = that level is off. All are below the market for a long and above it for a short."""
    level, reason = stop, STOPPED
    if trail > 0.0:
        trailing = best * (1.0 - side * trail)
        if level == 0.0 or side * (trailing - level) > 0.0:
            level, reason = trailing, TRAILED
    if liquidation > 0.0 and (level == 0.0 or side * (liquidation - level) > 0.0):
        level, reason = liquidation, LIQUIDATED
    return level, reason


@_njit
def nearer_target(side: float, target: float, price: float) -> float:
    """The target that is reached first, of the one there is (0 or less = none) and another."""
    return price if target <= 0.0 or side * (price - target) < 0.0 else target


@_njit
def resting_exit(
    side: float,
    opened: float,
    worst: float,
    kindest: float,
    level: float,
    why: int,
    target: float,
    slippage: float,
) -> tuple[int, float, bool]:
    """How a resting order ends a position inside a bar: reason (-1 = it does not), price, and whether both stop
    and target were inside the range. ``worst`` and ``kindest`` are the bar's extremes as the position sees them."""
    hit_stop = level > 0.0 and side * (worst - level) <= 0.0
    hit_target = target > 0.0 and side * (kindest - target) >= 0.0
    if hit_target and side * (opened - target) >= 0.0:
        return TARGETED, opened, False
    if hit_stop:
        if side * (opened - level) <= 0.0:
            return why, opened * (1.0 - side * slippage), False
        return why, level * (1.0 - side * slippage), hit_target
    if hit_target:
        return TARGETED, target, False
    return -1, 0.0, False


@_njit
def settle(
    held: float, quantity: float, price: float, rate: float, reason: int
) -> tuple[float, float, float, int]:
    """What goes back to the free cash, price, fee and reason after closing the position.

    A liquidation gives back nothing, and neither does an exit that would leave nothing of the stake: it is one.
    A gap beyond that is the venue's loss, not the account's. Its price is the one at which nothing is left."""
    if reason != LIQUIDATED:
        fee = abs(quantity) * price * rate
        back = held + quantity * price - fee
        if back > 0.0:
            return back, price, fee, reason
    return 0.0, -held / quantity, 0.0, LIQUIDATED


@_njit
def book(
    ints: Ints,
    floats: Floats,
    count: int,
    entry_bar: int,
    exit_bar: int,
    reason: int,
    quantity: float,
    entry_price: float,
    exit_price: float,
    fees: float,
    paid: float,
) -> int:
    """Writes a trade where there is room; returns the new count."""
    if count < ints.shape[0]:
        ints[count, ENTRY_BAR], ints[count, EXIT_BAR] = entry_bar, exit_bar
        ints[count, SIDE], ints[count, REASON] = (1 if quantity > 0.0 else -1), reason
        floats[count, QUANTITY], floats[count, FEES], floats[count, FUNDING] = abs(quantity), fees, paid
        floats[count, ENTRY_PRICE], floats[count, EXIT_PRICE] = entry_price, exit_price
        floats[count, PNL] = quantity * (exit_price - entry_price) - fees - paid
    return count + 1


@_njit
def account(  # noqa: C901 - one function on purpose: the state stays in registers
    opens: Floats,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    decisions: Floats,
    funding: Floats,
    terms: Floats,
    ladder: Floats,
    initial_cash: float,
    equity: Floats,
    trade_ints: Ints,
    trade_floats: Floats,
) -> tuple[int, int, int]:
    """Fills ``equity`` (bars) and the trade tables; returns counts of trades, ambiguous and conflicting bars.

    ``decisions`` is (bars, 9) without NaN, ``funding`` (bars), ``terms`` (7), ``ladder`` (rungs, 2): from how many
    bars after the entry a target at which distance rests. Trades beyond the tables' length are counted, not
    written."""
    maker, taker, slippage, leverage = terms[MAKER], terms[TAKER], terms[SLIPPAGE], terms[LEVERAGE]
    maintenance, trail_after, trail_then = terms[MAINTENANCE], terms[TRAIL_AFTER], terms[TRAIL_THEN]
    bars, rungs = opens.shape[0], ladder.shape[0]
    free, held, quantity, dead = initial_cash, 0.0, 0.0, False
    side, entry_bar, entry_price, best = 0.0, -1, 0.0, 0.0
    stop, target, trail, max_bars, liquidation = 0.0, 0.0, 0.0, 0.0, 0.0
    fees, paid, rung = 0.0, 0.0, 0
    count, ambiguous, conflicting = 0, 0, 0
    equity[0] = initial_cash
    for i in range(1, bars):
        wanted = wanted_side(decisions, i - 1)
        if wanted == 2:
            conflicting += 1
        # 1. At the open: whoever holds the position into this bar pays its funding, then market orders fill.
        if quantity != 0.0:
            if funding[i] != 0.0:
                payment = quantity * opens[i] * funding[i]
                held -= payment
                paid += payment
                liquidation = liquidation_price(side, quantity, held, maintenance)
            reason = -1
            if held + quantity * opens[i] * (1.0 - side * maintenance) <= 0.0:
                reason = LIQUIDATED
            elif decisions[i - 1, EXIT_LONG if side > 0.0 else EXIT_SHORT] > 0.0:
                reason = SIGNAL
            elif max_bars > 0.0 and i - entry_bar >= max_bars:
                reason = TIMED
            if reason >= 0:
                back, price, fee, reason = settle(
                    held, quantity, opens[i] * (1.0 - side * slippage), taker, reason
                )
                free += back
                dead = free <= 0.0
                count = book(
                    trade_ints,
                    trade_floats,
                    count,
                    entry_bar,
                    i,
                    reason,
                    quantity,
                    entry_price,
                    price,
                    fees + fee,
                    paid,
                )
                quantity, held = 0.0, 0.0
        if (wanted == 1 or wanted == -1) and quantity == 0.0 and not dead and decisions[i - 1, SIZE] > 0.0:
            side = float(wanted)
            entry_bar, entry_price = i, opens[i] * (1.0 + side * slippage)
            stake = free * decisions[i - 1, SIZE]
            free -= stake
            quantity, fees, held = entry_terms(side, stake, entry_price, taker, leverage)
            paid, best, rung = 0.0, entry_price, 0
            liquidation = liquidation_price(side, quantity, held, maintenance)
            distance = decisions[i - 1, STOP]
            stop = entry_price * (1.0 - side * distance) if distance > 0.0 else 0.0
            distance = decisions[i - 1, TARGET]
            target = entry_price * (1.0 + side * distance) if distance > 0.0 else 0.0
            trail, max_bars = decisions[i - 1, TRAIL], decisions[i - 1, MAX_BARS]
        # 2. Inside the bar: resting orders. The trailing stop knows the best price up to the bar before.
        if quantity != 0.0:
            while rung < rungs and i - entry_bar >= ladder[rung, 0]:
                target = nearer_target(side, target, entry_price * (1.0 + side * ladder[rung, 1]))
                rung += 1
            if trail_then > 0.0 and side * (best - entry_price) >= trail_after * entry_price:
                trail = trail_then
            worst, kindest = (lows[i], highs[i]) if side > 0.0 else (highs[i], lows[i])
            level, why = protective_level(side, stop, trail, best, liquidation)
            reason, price, both = resting_exit(side, opens[i], worst, kindest, level, why, target, slippage)
            if both:
                ambiguous += 1
            if reason >= 0:
                rate = maker if reason == TARGETED else taker
                back, price, fee, reason = settle(held, quantity, price, rate, reason)
                free += back
                dead = free <= 0.0
                count = book(
                    trade_ints,
                    trade_floats,
                    count,
                    entry_bar,
                    i,
                    reason,
                    quantity,
                    entry_price,
                    price,
                    fees + fee,
                    paid,
                )
                quantity, held = 0.0, 0.0
            elif side * (kindest - best) > 0.0:
                best = kindest
        # 3. At the close: the account is marked.
        equity[i] = free + held + quantity * closes[i]
    if wanted_side(decisions, bars - 1) == 2:
        conflicting += 1
    if quantity != 0.0:
        count = book(
            trade_ints,
            trade_floats,
            count,
            entry_bar,
            bars - 1,
            OPEN,
            quantity,
            entry_price,
            closes[bars - 1],
            fees,
            paid,
        )
    return count, ambiguous, conflicting
