"""An account whose strategy is asked again while it holds a position: the trusted side of the ``hybrid`` feed.

At the close of each bar in a position it is asked about the stop and about leaving; before an entry whether it may be
made. A stop only ever moves in the position's favour and rests from the next bar on; a wish to leave fills at the
next open, as an exit signal would. While it is flat nothing is asked. What comes out is plain decisions and a plan:
the simulation of those gives the same trades."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sandbox.child.callbacks import ANSWER, CONFIRM_ENTRY, EXIT, STOP
from sandbox.host.hybrid import Conversation
from tools.backtest.step import ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, SteppingAccount, as_row
from tools.backtest.step import STOP as STOP_COLUMN
from tools.contracts import DECISION_COLUMNS, Costs, ExitPlan, Floats, Market

_ENTRY, _STOP, _EXIT = (ANSWER.index(name) for name in ("entry", "stop", "exit"))


class HybridAccount:
    """One symbol. ``asks`` is the sum of the callbacks that the strategy has. Use it once."""

    def __init__(
        self,
        market: Market,
        costs: Costs,
        asks: int = CONFIRM_ENTRY | STOP | EXIT,
        *,
        initial_cash: float = 10_000.0,
    ) -> None:
        #: Goes with the decisions that come out.
        self.plan = ExitPlan(moves=bool(asks & STOP))
        self.account = SteppingAccount(market, costs, initial_cash=initial_cash, plan=self.plan)
        self._time, self._bar_ns = market.time.tolist(), market.timeframe_minutes * 60_000_000_000
        self._asks = asks
        self._worst = 0.0

    def conversation(self, table: Floats) -> Conversation:
        """Live through all bars on ``table``, (bars, 9) decisions or (bars, 1) target positions; returns the
        decisions as they came out, (bars, 9): entries that were not confirmed are gone, wishes to leave are there."""
        rows = table.tolist() if table.shape[1] > 1 else [as_row(row[0]) for row in table.tolist()]
        decided = np.array(rows, dtype=np.float64).reshape(-1, len(DECISION_COLUMNS))
        wanted = (decided[:, ENTER_LONG] > 0.0) | (decided[:, ENTER_SHORT] > 0.0)
        entries = np.flatnonzero(wanted).tolist()
        account, bars, bar, at = self.account, len(rows), 0, 0
        account.step(0, ())
        while bar + 1 < bars:
            if account.position is None:
                while at < len(entries) and entries[at] < bar:
                    at += 1
                bar = self._skip(bar, entries[at] if at < len(entries) else bars - 1)
                if bar + 1 >= bars:
                    break
                if self._asks & CONFIRM_ENTRY:
                    answer = yield self._before(bar, rows[bar])
                    if answer[_ENTRY] == 0.0:
                        decided[bar, [ENTER_LONG, ENTER_SHORT]] = 0.0
            bar += 1
            account.step(bar, decided[bar - 1].tolist())
            if account.position is not None and self._asks & (STOP | EXIT) and bar + 1 < bars:
                self._rest(bar, decided)
                own_stop = rows[bar][STOP_COLUMN]
                self._apply(bar, decided, (yield self._during(bar)), own_stop)
        return decided

    def _skip(self, bar: int, to: int) -> int:
        """Nothing happens to a flat account before ``to``."""
        if to > bar:
            self.account.equity[bar + 1 : to + 1] = [self.account.free] * (to - bar)
        return max(bar, to)

    def _rest(self, bar: int, decided: Floats) -> None:
        """The table's own stop is for entries: on a bar that only holds it would count as a move."""
        position = self.account.position
        assert position is not None
        long = position.side > 0.0
        turns = decided[bar, EXIT_LONG if long else EXIT_SHORT] > 0.0
        if self.plan.moves and not turns:
            decided[bar, STOP_COLUMN] = 0.0

    def _apply(self, bar: int, decided: Floats, answer: Sequence[float], own_stop: float) -> None:
        position = self.account.position
        assert position is not None
        side, close = position.side, self.account.rules.closes[bar]
        if answer[_STOP] > 0.0:
            best = self.account.rules.highs[bar] if side > 0.0 else self.account.rules.lows[bar]
            level = close * (1.0 - side * answer[_STOP])
            # A move is measured from the bar's best price.
            decided[bar, STOP_COLUMN] = side * (1.0 - level / best)
        if answer[_EXIT] == 1.0:
            decided[bar, EXIT_LONG if side > 0.0 else EXIT_SHORT] = 1.0
            # No entry on the same side, or the row would contradict itself.
            decided[bar, ENTER_LONG if side > 0.0 else ENTER_SHORT] = 0.0
            if decided[bar, ENTER_SHORT if side > 0.0 else ENTER_LONG] > 0.0:
                decided[bar, STOP_COLUMN] = own_stop  # it turns round: the stop is the new position's

    def _before(self, bar: int, row: Sequence[float]) -> tuple[float, ...]:
        """About an entry at the open after ``bar``, of which only the close is known."""
        side = 1.0 if row[ENTER_LONG] > 0.0 else -1.0
        account = self.account
        close = account.rules.closes[bar]
        now, trade = self._time[bar] + self._bar_ns, len(account.closed)
        levered = account.rules.leverage
        return (CONFIRM_ENTRY, now, bar, close, 0.0, trade, side, bar + 1, close, 0.0, 0.0, levered, close, close, 0.0,
                account.free, math.nan, close)  # fmt: skip

    def _during(self, bar: int) -> tuple[float, ...]:
        account, rules, position = self.account, self.account.rules, self.account.position
        assert position is not None
        side, entry = position.side, position.entry_price
        adverse = rules.lows[bar] if side > 0.0 else rules.highs[bar]
        fresh = position.entry_bar == bar
        self._worst = adverse if fresh or side * (adverse - self._worst) < 0.0 else self._worst
        stake = position.held + position.quantity * entry + position.fees + position.funding
        worth = position.held + position.quantity * rules.closes[bar]
        now, trade = self._time[bar] + self._bar_ns, len(account.closed)
        return (self._asks & (STOP | EXIT), now, bar, rules.closes[bar], worth / stake - 1.0, trade, side,
                position.entry_bar, entry, position.quantity, stake, rules.leverage, position.best, self._worst,
                position.stop, account.free, math.nan,
                rules.highs[bar] if side > 0.0 else rules.lows[bar])  # fmt: skip
