"""The trusted side of a conversation with a freqtrade strategy: keeps the account and asks its callbacks.

Before an entry it asks for leverage, stake and consent; at each close in a position for the stop, a wish to leave and,
where a signal or that wish would end the position, consent. What comes out is a table of decisions and a plan that the
simulation repeats trade for trade."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sandbox.child.callbacks import ANSWER, CONFIRM_ENTRY, CONFIRM_EXIT, EXIT, LEVERAGE, STAKE, STOP
from sandbox.child.freqtrade_facts import SIGNALS
from sandbox.host.contracts import AnswerError
from sandbox.host.hybrid import Conversation
from tools.backtest.step import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    SIZE,
    TRAIL,
    Position,
    SteppingAccount,
)
from tools.backtest.step import STOP as STOP_AT
from tools.contracts import DECISION_COLUMNS, Costs, ExitPlan, Floats, Market
from tools.errors import MendelError
from tools.system.adapters.freqtrade_exits import Exits, read_exits
from tools.system.adapters.freqtrade_levels import Levels

_ENTRY, _LEVERAGE, _STAKE, _STOP, _EXIT, _CONFIRMED = (
    ANSWER.index(name) for name in ("entry", "leverage", "stake", "stop", "exit", "exit_confirmed")
)
_BEFORE = CONFIRM_ENTRY | LEVERAGE | STAKE
_DURING = STOP | EXIT


class FreqtradeAccount:
    """One symbol, used once. ``plan`` is known when the conversation has ended."""

    def __init__(self, market: Market, costs: Costs) -> None:
        self._market, self._costs = market, costs
        self.plan = ExitPlan()
        self._time, self._bar_ns = market.time.tolist(), market.timeframe_minutes * 60_000_000_000
        self._fee = costs.taker_bps * 1e-4
        self._worst = 0.0
        self._levels: Levels | None = None

    def conversation(self, table: Floats) -> Conversation:
        """``table`` holds the signals, then the facts. Returns decisions, (bars, 9)."""
        exits = read_exits(table[:, len(SIGNALS) :].T.reshape(-1))
        self.plan = exits.plan(self._costs, self._market.timeframe_minutes)
        decided = self._resting(table, exits)
        if exits.by_row:
            self._levels = Levels(exits, self._costs, self._market.timeframe_minutes, table)
        if (exits.asks or exits.profit_only or exits.by_row) and len(table) > 1:
            yield from self._live(decided, exits)
        return decided

    def _resting(self, table: Floats, exits: Exits) -> Floats:
        decided = np.zeros((len(table), len(DECISION_COLUMNS)))
        decided[:, : len(SIGNALS)] = table[:, : len(SIGNALS)]
        decided[:, SIZE] = 1.0
        entering = (decided[:, ENTER_LONG] > 0.0) | (decided[:, ENTER_SHORT] > 0.0)
        decided[entering, STOP_AT] = exits.stop(self._costs.leverage)
        decided[entering, TRAIL] = exits.trail(self._costs.leverage)
        return decided

    def _live(self, decided: Floats, exits: Exits) -> Conversation:
        try:
            account = self.account = SteppingAccount(self._market, self._costs, plan=self.plan)
        except MendelError as error:
            raise AnswerError(
                f"callbacks need an account, and there is none on these candles: {error}"
            ) from error
        long, short = decided[:, ENTER_LONG] > 0.0, decided[:, ENTER_SHORT] > 0.0
        entries = np.flatnonzero(long | short).tolist()
        bars, bar, at = len(decided), 0, 0
        account.step(0, ())
        while bar < bars:
            if account.position is None:
                while at < len(entries) and entries[at] < bar:
                    at += 1
                if at == len(entries):
                    break
                bar = entries[at]
            if account.position is None or self._leaves(decided, bar):
                yield from self._enter(bar, decided, exits)
                self._rest(bar, decided[bar])
            bar += 1
            if bar < bars:
                account.step(bar, decided[bar - 1].tolist())
                if (
                    account.position is not None
                ):  # on the last bar, too: what is decided must not depend on the end
                    yield from self._hold(bar, decided, exits, account.position)
        return decided

    def _leaves(self, decided: Floats, bar: int) -> bool:
        """Whether the position ends at the next open by a signal."""
        position = self.account.position
        assert position is not None
        return bool(decided[bar, EXIT_LONG if position.side > 0.0 else EXIT_SHORT] > 0.0)

    def _enter(self, bar: int, decided: Floats, exits: Exits) -> Conversation:
        """Ask about an entry at the open after ``bar``, if there is one."""
        row = decided[bar]
        long, short = row[ENTER_LONG] > 0.0, row[ENTER_SHORT] > 0.0
        contradicts = (long and (short or row[EXIT_LONG] > 0.0)) or (short and row[EXIT_SHORT] > 0.0)
        if not exits.asks & _BEFORE or not (long or short) or contradicts:
            return decided
        answer = yield self._before(bar, 1.0 if long else -1.0, exits.asks & _BEFORE)
        if answer[_ENTRY] == 0.0:
            row[[ENTER_LONG, ENTER_SHORT]] = 0.0
        size = 1.0 if np.isnan(answer[_STAKE]) else answer[_STAKE]
        if exits.asks & LEVERAGE:
            levered = 1.0 if np.isnan(answer[_LEVERAGE]) else min(answer[_LEVERAGE], self._costs.leverage)
            size *= levered / self._costs.leverage
            row[STOP_AT], row[TRAIL] = exits.stop(levered), exits.trail(levered)
        row[SIZE] = size
        return decided

    def _rest(self, bar: int, row: Floats) -> None:
        """What rests on the bar after the one of an entry's row, where it is said bar by bar."""
        if self._levels is not None and (row[ENTER_LONG] > 0.0 or row[ENTER_SHORT] > 0.0):
            self._levels.enter(bar, row)

    def _hold(self, bar: int, decided: Floats, exits: Exits, position: Position) -> Conversation:
        """Ask at the close of a bar in a position, and write what follows into its row."""
        long = position.side > 0.0
        leave, enter = (EXIT_LONG, ENTER_LONG) if long else (EXIT_SHORT, ENTER_SHORT)
        row = decided[bar]
        profit = self._profit(position, self.account.rules.closes[bar])
        if row[leave] > 0.0 and exits.profit_only and profit <= exits.profit_offset:
            row[leave] = 0.0
        wish, moved = 0.0, 0.0
        if exits.asks & _DURING:
            answer = yield self._during(bar, position, profit, exits.asks & _DURING)
            wish, moved = answer[_EXIT], answer[_STOP]
            if exits.moves and self._levels is None:
                self._move(row, position, answer[_STOP])
        if wish == 1.0 and row[leave] == 0.0:
            row[leave], row[enter] = 1.0, 0.0  # or the row would contradict itself
        if row[leave] > 0.0 and exits.asks & CONFIRM_EXIT:
            answer = yield self._during(bar, position, profit, CONFIRM_EXIT)
            if answer[_CONFIRMED] == 0.0:
                row[leave] = 0.0
        if self._levels is not None:
            self._levels.hold(bar, row, position, self.account.rules, moved if exits.moves else 0.0)
        return decided

    def _move(self, row: Floats, position: Position, distance: float) -> None:
        """A row that enters the other side keeps that entry's own stop: this position ends at the next open."""
        other = ENTER_SHORT if position.side > 0.0 else ENTER_LONG
        leaves = row[EXIT_LONG if position.side > 0.0 else EXIT_SHORT] > 0.0
        if row[other] > 0.0 and leaves:
            return
        row[STOP_AT] = distance if distance > 0.0 else 0.0

    def _profit(self, position: Position, rate: float) -> float:
        """After the fees of both sides, as a fraction of the stake."""
        opened, fee = position.entry_price, self._fee
        if position.side > 0.0:
            moved = rate * (1.0 - fee) / (opened * (1.0 + fee)) - 1.0
        else:
            moved = 1.0 - rate * (1.0 + fee) / (opened * (1.0 - fee))
        return moved * self._costs.leverage

    def _before(self, bar: int, side: float, asks: int) -> Sequence[float]:
        account = self.account
        close, levered = account.rules.closes[bar], self._costs.leverage
        now, trade = self._time[bar] + self._bar_ns, len(account.closed)
        return (asks, now, bar, close, 0.0, trade, side, bar + 1, close, 0.0, 0.0, levered, close, close, 0.0,
                account.free, 0.0, close)  # fmt: skip

    def _during(self, bar: int, position: Position, profit: float, asks: int) -> Sequence[float]:
        account, rules, side = self.account, self.account.rules, position.side
        kindest, adverse = (
            (rules.highs[bar], rules.lows[bar]) if side > 0.0 else (rules.lows[bar], rules.highs[bar])
        )
        fresh = position.entry_bar == bar
        self._worst = adverse if fresh or side * (adverse - self._worst) < 0.0 else self._worst
        stake = abs(position.quantity) * position.entry_price / self._costs.leverage
        now, trade = self._time[bar] + self._bar_ns, len(account.closed)
        return (asks, now, bar, rules.closes[bar], profit, trade, side, position.entry_bar, position.entry_price,
                position.quantity, stake, self._costs.leverage, position.best, self._worst, position.stop,
                account.free, 0.0, kindest)  # fmt: skip
