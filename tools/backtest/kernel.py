"""The compiled rules of the simulation and the account of one symbol, bar by bar. See :mod:`tools.backtest.simulate`
for the rules in words; the shared account of many symbols and the stepped one use the same functions.

Importing this imports numba; compilation happens at the first call and is cached on disk. numba asks only a function's
own file whether that is old, so everything compiled that calls these rules must live here, or go without a cache.
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
# Terms of a run, fractions: fees, slippage, margin, when and how closely a stop trails; 1: stops move, 2: levels rest.
MAKER, TAKER, SLIPPAGE, LEVERAGE, MAINTENANCE, TRAIL_AFTER, TRAIL_THEN, MOVES = range(8)
# What a shared account knows of each symbol.
HELD, AMOUNT, WAY, PAID_FOR, BEST, STOP_AT, TARGET_AT, TRAIL_BY = range(8)
UNTIL, RUIN_AT, SPENT, FUNDED, MARK = range(8, 13)
# What a shared account counts, beside trades.
TRADES, AMBIGUOUS, CONFLICTING, REFUSED, CUT = range(5)
#: An entry that can have less than this share of what it asks for is refused (just a tenth is enough, whatever rounding says).
LEAST_SHARE = 0.1 * (1.0 - 1e-9)

Tables = tuple[Ints, Floats]
Prices = tuple[Floats, Floats, Floats, Floats]

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
    (below 0: lent): the position is worth ``held + quantity x price``."""
    quantity = side * stake * leverage / (price * (1.0 + leverage * taker))
    fee = abs(quantity) * price * taker
    return quantity, fee, stake - fee - quantity * price


@_njit
def liquidation_price(side: float, quantity: float, held: float, maintenance: float) -> float:
    """The price at which the position is worth its maintenance margin alone; 0 or less: none for a long.

    Solves ``held + quantity x p = maintenance x |quantity| x p``. Binance, "How to Calculate Liquidation Price of
    USD-M Futures Contracts", isolated margin, one position, with a maintenance amount (cum) of 0."""
    return -held / (quantity * (1.0 - side * maintenance))


@_njit
def exit_at_open(
    side: float, quantity: float, held: float, opened: float, maintenance: float, signal: bool, overdue: bool
) -> int:
    """Why a position that was held into a bar ends at its open (-1 = it does not): first whoever cannot carry it."""
    if held + quantity * opened * (1.0 - side * maintenance) <= 0.0:
        return LIQUIDATED
    return SIGNAL if signal else (TIMED if overdue else -1)


@_njit
def distant(price: float, signed_distance: float) -> float:
    """The price of a resting order, 0 = none."""
    return price * (1.0 + signed_distance) if signed_distance != 0.0 else 0.0


@_njit
def protective_level(
    side: float, stop: float, trail: float, best: float, liquidation: float
) -> tuple[float, int]:
    """The resting stop that is hit first, and why: the fixed stop, the trailing one or the liquidation (0 or less =
    off). All are below the market for a long and above it for a short."""
    level, reason = stop, STOPPED
    if trail > 0.0:
        trailing = best * (1.0 - side * trail)
        if level == 0.0 or side * (trailing - level) > 0.0:
            level, reason = trailing, TRAILED
    if liquidation > 0.0 and (level == 0.0 or side * (liquidation - level) > 0.0):
        level, reason = liquidation, LIQUIDATED
    return level, reason


@_njit
def nearer_target(side: float, target: float, entry_price: float, distance: float) -> float:
    """The target that is reached first: the one there is (0 or less = none), or the plan's next one."""
    price = entry_price * (1.0 + side * distance)
    return price if target <= 0.0 or side * (price - target) < 0.0 else target


@_njit
def moved_stop(side: float, stop: float, distance: float, high: float, low: float) -> float:
    """The resting stop after a wish to move it to ``distance`` (0 = none) from a bar's best price: never back."""
    level = (high if side > 0.0 else low) * (1.0 - side * distance)
    return level if distance > 0.0 and (stop == 0.0 or side * (level - stop) > 0.0) else stop


@_njit
def resting_exit(
    side: float, bar: tuple[float, float, float], level: float, why: int, target: float, slippage: float
) -> tuple[int, float, bool]:
    """How a resting order ends a position inside a bar: reason (-1 = it does not), price, and whether both stop
    and target were inside the range. ``bar``: its open, and its extremes as the position sees them, worst first."""
    opened, worst, kindest = bar
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

    A liquidation gives back nothing, and so does an exit that would leave nothing of the stake: it is one, at the
    price at which nothing is left; a gap beyond that is the venue's loss."""
    if reason != LIQUIDATED:
        fee = abs(quantity) * price * rate
        back = held + quantity * price - fee
        if back > 0.0:
            return back, price, fee, reason
    return 0.0, -held / quantity, 0.0, LIQUIDATED


@_njit
def book(
    tables: Tables,
    count: int,
    which: tuple[int, int, int, int],
    terms: tuple[float, float, float, float, float],
) -> int:
    """Writes a trade where there is room; returns the new count. ``which``: symbol, entry bar, exit bar, reason;
    ``terms``: signed quantity, entry price, exit price, fees, funding paid."""
    ints, floats = tables
    if count < ints.shape[0]:
        quantity, entry_price, exit_price, fees, paid = terms
        ints[count, SYMBOL], ints[count, ENTRY_BAR], ints[count, EXIT_BAR], ints[count, REASON] = which
        ints[count, SIDE] = 1 if quantity > 0.0 else -1
        floats[count, QUANTITY], floats[count, FEES], floats[count, FUNDING] = abs(quantity), fees, paid
        floats[count, ENTRY_PRICE], floats[count, EXIT_PRICE] = entry_price, exit_price
        floats[count, PNL] = quantity * (exit_price - entry_price) - fees - paid
    return count + 1


@_njit
def account(  # noqa: C901 - one function on purpose: the state stays in registers
    prices: Prices,
    decisions: Floats,
    funding: Floats,
    terms: Floats,
    ladder: Floats,
    initial_cash: float,
    equity: Floats,
    tables: Tables,
) -> tuple[int, int, int]:
    """Fills ``equity`` (bars) and the trade tables; returns counts of trades, ambiguous and conflicting bars.

    ``prices`` are open, high, low, close (bars); ``decisions`` is (bars, 9) without NaN, ``funding`` (bars),
    ``terms`` (8), ``ladder`` (rungs, 2): from how many bars after the entry a target at which distance rests.
    Trades beyond the tables' length are counted, not written."""
    maker, taker, slippage, leverage = terms[MAKER], terms[TAKER], terms[SLIPPAGE], terms[LEVERAGE]
    maintenance, trail_after, trail_then = terms[MAINTENANCE], terms[TRAIL_AFTER], terms[TRAIL_THEN]
    opens, highs, lows, closes = prices
    moves, levels, bars, rungs = terms[MOVES] == 1.0, terms[MOVES] == 2.0, opens.shape[0], ladder.shape[0]
    free, held, quantity, dead, side, entry_bar = initial_cash, 0.0, 0.0, False, 0.0, -1
    entry_price, best, stop, target, trail, max_bars, liquidation = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    fees, paid, rung, count, ambiguous, conflicting = 0.0, 0.0, 0, 0, 0, 0
    equity[0] = initial_cash
    for i in range(1, bars):
        wanted = wanted_side(decisions, i - 1)
        if wanted == 2:  # written as a branch: as a sum it doubles the time of the whole loop
            conflicting += 1
        # 1. At the open: whoever holds the position into this bar pays its funding, then market orders fill.
        if quantity != 0.0:
            if funding[i] != 0.0:
                payment = quantity * opens[i] * funding[i]
                held -= payment
                paid += payment
                liquidation = liquidation_price(side, quantity, held, maintenance)
            signalled = decisions[i - 1, EXIT_LONG if side > 0.0 else EXIT_SHORT] > 0.0
            overdue = max_bars > 0.0 and i - entry_bar >= max_bars
            reason = exit_at_open(side, quantity, held, opens[i], maintenance, signalled, overdue)
            if reason >= 0:
                price = opens[i] * (1.0 - side * slippage)
                back, price, fee, reason = settle(held, quantity, price, taker, reason)
                free, dead = free + back, free + back <= 0.0
                row, which = (quantity, entry_price, price, fees + fee, paid), (0, entry_bar, i, reason)
                count, quantity, held = book(tables, count, which, row), 0.0, 0.0
        if (wanted == 1 or wanted == -1) and quantity == 0.0 and not dead and decisions[i - 1, SIZE] > 0.0:
            side = float(wanted)
            entry_bar, entry_price = i, opens[i] * (1.0 + side * slippage)
            stake = free * decisions[i - 1, SIZE]
            free -= stake
            quantity, fees, held = entry_terms(side, stake, entry_price, taker, leverage)
            paid, best, rung = 0.0, entry_price, 0
            liquidation = liquidation_price(side, quantity, held, maintenance)
            stop = distant(entry_price, -side * decisions[i - 1, STOP])
            target = distant(entry_price, side * decisions[i - 1, TARGET])
            trail, max_bars = decisions[i - 1, TRAIL], decisions[i - 1, MAX_BARS]
        # 2. Inside the bar: resting orders. The trailing stop knows the best price up to the bar before.
        if quantity != 0.0:
            while rung < rungs and i - entry_bar >= ladder[rung, 0]:
                target = nearer_target(side, target, entry_price, ladder[rung, 1])
                rung += 1
            if levels:
                stop = distant(closes[i - 1], -side * decisions[i - 1, STOP])
                target = distant(closes[i - 1], side * decisions[i - 1, TARGET])
            elif moves and entry_bar < i:
                stop = moved_stop(side, stop, decisions[i - 1, STOP], highs[i - 1], lows[i - 1])
            if trail_then > 0.0 and side * (best - entry_price) >= trail_after * entry_price:
                trail = trail_then
            worst, kindest = (lows[i], highs[i]) if side > 0.0 else (highs[i], lows[i])
            level, why = protective_level(side, stop, trail, best, liquidation)
            reason, price, both = resting_exit(side, (opens[i], worst, kindest), level, why, target, slippage)
            ambiguous += 1 if both else 0
            if reason >= 0:
                rate = maker if reason == TARGETED else taker
                back, price, fee, reason = settle(held, quantity, price, rate, reason)
                free, dead = free + back, free + back <= 0.0
                row, which = (quantity, entry_price, price, fees + fee, paid), (0, entry_bar, i, reason)
                count, quantity, held = book(tables, count, which, row), 0.0, 0.0
            elif side * (kindest - best) > 0.0:
                best = kindest
        # 3. At the close: the account is marked.
        equity[i] = free + held + quantity * closes[i]
    conflicting += 1 if wanted_side(decisions, bars - 1) == 2 else 0
    if quantity != 0.0:
        row = (quantity, entry_price, closes[bars - 1], fees, paid)
        count = book(tables, count, (0, entry_bar, bars - 1, OPEN), row)
    return count, ambiguous, conflicting


@_njit
def marked(state: Floats) -> float:
    """What all positions of a shared account are worth at their marks."""
    total = 0.0
    for s in range(state.shape[0]):
        total += state[s, HELD] + state[s, AMOUNT] * state[s, MARK]
    return total


@_njit
def granted(
    state: Floats, free: float, equity: float, size: float, leverage: float, taker: float, limits: Floats
) -> tuple[float, float]:
    """Stake asked for and stake that a shared account grants (0 = refused): ``size`` of the equity at this open,
    divided among the slots, as far as cash and room for notional go. ``limits``: slots, most notional / equity."""
    positions, notional = 0, 0.0
    for s in range(state.shape[0]):
        if state[s, AMOUNT] != 0.0:
            positions += 1
            notional += abs(state[s, AMOUNT]) * state[s, MARK]
    asked = size * equity / limits[0]
    room = (limits[1] * equity - notional) * (1.0 + leverage * taker) / leverage
    stake = min(asked, free, room)
    return asked, stake if positions < limits[0] and stake >= LEAST_SHARE * asked else 0.0


@_njit
def shared_account(  # noqa: C901 - the rules of account(), told for many symbols at once
    prices: Prices,
    decisions: Floats,
    funding: Floats,
    layout: tuple[Ints, Ints, Ints, Ints],
    terms: Floats,
    ladder: Floats,
    limits: Floats,
    initial_cash: float,
    equity: Floats,
    tables: Tables,
    counts: Ints,
) -> None:
    """One cash account over many symbols. Rows are bars of all symbols, sorted by time and symbol. ``layout``: each row's
    symbol, its bar in that symbol, the row of that symbol's bar before (-1 = none), and the first row of each time,
    then the number of rows. Fills ``equity`` (times), the trade tables and ``counts`` (5)."""
    maker, taker, slippage, leverage = terms[MAKER], terms[TAKER], terms[SLIPPAGE], terms[LEVERAGE]
    maintenance, trail_after, trail_then = terms[MAINTENANCE], terms[TRAIL_AFTER], terms[TRAIL_THEN]
    opens, highs, lows, closes = prices
    symbols, bars, before, steps = layout
    moves, levels, many, rungs = terms[MOVES] == 1.0, terms[MOVES] == 2.0, symbols.max() + 1, ladder.shape[0]
    state, entered, rung = np.zeros((many, 13)), np.zeros(many, np.int64), np.zeros(many, np.int64)
    last, asks, free, count = np.zeros(many, np.int64), np.zeros(many), initial_cash, 0
    for t in range(steps.shape[0] - 1):
        waiting = 0
        for r in range(steps[t], steps[t + 1]):
            s, p, i = symbols[r], before[r], bars[r]
            now, last[s], asks[s], state[s, MARK] = state[s], i, 0.0, opens[r]
            if p < 0:
                continue
            wanted = wanted_side(decisions, p)
            side, quantity = now[WAY], now[AMOUNT]
            if quantity != 0.0:
                payment = quantity * opens[r] * funding[r]
                now[HELD] -= payment
                now[FUNDED] += payment
                now[RUIN_AT] = liquidation_price(side, quantity, now[HELD], maintenance)
                signalled = decisions[p, EXIT_LONG if side > 0.0 else EXIT_SHORT] > 0.0
                overdue = now[UNTIL] > 0.0 and i - entered[s] >= now[UNTIL]
                why = exit_at_open(side, quantity, now[HELD], opens[r], maintenance, signalled, overdue)
                if why >= 0:
                    price = opens[r] * (1.0 - side * slippage)
                    back, price, fee, why = settle(now[HELD], quantity, price, taker, why)
                    row = (quantity, now[PAID_FOR], price, now[SPENT] + fee, now[FUNDED])
                    count = book(tables, count, (s, entered[s], i, why), row)
                    free, now[HELD], now[AMOUNT] = free + back, 0.0, 0.0
            counts[CONFLICTING] += 1 if wanted == 2 else 0
            if (wanted == 1 or wanted == -1) and now[AMOUNT] == 0.0 and decisions[p, SIZE] > 0.0:
                asks[s] = decisions[p, SIZE]
                waiting += 1
        worth = free + marked(state) if waiting > 0 else 0.0
        while waiting > 0:
            chosen = -1
            for r in range(steps[t], steps[t + 1]):
                if asks[symbols[r]] > 0.0 and (chosen < 0 or asks[symbols[r]] > asks[symbols[chosen]]):
                    chosen = r
            s, p, waiting = symbols[chosen], before[chosen], waiting - 1
            asked, stake = granted(state, free, worth, asks[s], leverage, taker, limits)
            asks[s] = 0.0
            if stake <= 0.0:
                counts[REFUSED] += 1
                continue
            counts[CUT] += 1 if stake < asked * (1.0 - 1e-9) else 0
            now, side = state[s], float(wanted_side(decisions, p))
            free -= stake
            price = opens[chosen] * (1.0 + side * slippage)
            now[AMOUNT], now[SPENT], now[HELD] = entry_terms(side, stake, price, taker, leverage)
            now[RUIN_AT] = liquidation_price(side, now[AMOUNT], now[HELD], maintenance)
            now[WAY], now[PAID_FOR], now[BEST], now[FUNDED] = side, price, price, 0.0
            now[STOP_AT] = distant(price, -side * decisions[p, STOP])
            now[TARGET_AT] = distant(price, side * decisions[p, TARGET])
            now[TRAIL_BY], now[UNTIL] = decisions[p, TRAIL], decisions[p, MAX_BARS]
            entered[s], rung[s] = bars[chosen], 0
        for r in range(steps[t], steps[t + 1]):
            s, i, now = symbols[r], bars[r], state[symbols[r]]
            side, quantity, p, now[MARK] = now[WAY], now[AMOUNT], before[r], closes[r]
            if quantity == 0.0:
                continue
            while rung[s] < rungs and i - entered[s] >= ladder[rung[s], 0]:
                now[TARGET_AT] = nearer_target(side, now[TARGET_AT], now[PAID_FOR], ladder[rung[s], 1])
                rung[s] += 1
            if levels:
                now[STOP_AT] = distant(closes[p], -side * decisions[p, STOP])
                now[TARGET_AT] = distant(closes[p], side * decisions[p, TARGET])
            elif moves and entered[s] < i:
                now[STOP_AT] = moved_stop(side, now[STOP_AT], decisions[p, STOP], highs[p], lows[p])
            if trail_then > 0.0 and side * (now[BEST] - now[PAID_FOR]) >= trail_after * now[PAID_FOR]:
                now[TRAIL_BY] = trail_then
            worst, kindest = (lows[r], highs[r]) if side > 0.0 else (highs[r], lows[r])
            level, stopped = protective_level(side, now[STOP_AT], now[TRAIL_BY], now[BEST], now[RUIN_AT])
            bar, target = (opens[r], worst, kindest), now[TARGET_AT]
            why, price, both = resting_exit(side, bar, level, stopped, target, slippage)
            counts[AMBIGUOUS] += 1 if both else 0
            if why >= 0:
                rate = maker if why == TARGETED else taker
                back, price, fee, why = settle(now[HELD], quantity, price, rate, why)
                row = (quantity, now[PAID_FOR], price, now[SPENT] + fee, now[FUNDED])
                count = book(tables, count, (s, entered[s], i, why), row)
                free, now[HELD], now[AMOUNT] = free + back, 0.0, 0.0
            elif side * (kindest - now[BEST]) > 0.0:
                now[BEST] = kindest
        equity[t] = free + marked(state)
    for s in range(many):
        now = state[s]
        if now[AMOUNT] != 0.0:
            row = (now[AMOUNT], now[PAID_FOR], now[MARK], now[SPENT], now[FUNDED])
            count = book(tables, count, (s, entered[s], last[s], OPEN), row)
    counts[TRADES] = count
