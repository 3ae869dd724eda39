"""The trusted side of a conversation with a backtesting.py strategy: keeps the account, tells how it stands after each
bar, and checks each row of decisions that comes back."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from sandbox.host import validate
from sandbox.host.contracts import AnswerError
from sandbox.host.stepped import BarDialogue
from tools.backtest.step import SteppingAccount
from tools.contracts import DECISION_COLUMNS, Costs, ExitPlan, Market
from tools.errors import MendelError

#: Every row says where stop and target rest on the next bar.
PLAN = ExitPlan(levels=True)
_CLOSED = ("entry_bar", "exit_bar", "quantity", "entry_price", "exit_price")
#: What is told after each bar: the open position (0 = none), how many trades have ended, and the last two of those.
STATE = (
    "equity",
    "free",
    "quantity",
    "entry_bar",
    "entry_price",
    "closed",
    *(f"before_{name}" for name in _CLOSED),
    *(f"last_{name}" for name in _CLOSED),
)
_NONE = (0.0,) * len(_CLOSED)
_UNPACK = struct.Struct(f"={len(DECISION_COLUMNS)}d").unpack
#: The largest value of each decision column.
_MOST = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0 - 1e-9, 10.0, 1.0 - 1e-9, 1e9)


class BacktestingAccount:
    """One symbol, used once. Prices and money in quote currency, quantities signed."""

    names = STATE

    def __init__(self, market: Market, costs: Costs) -> None:
        self._market, self._costs = market, costs
        self._account: SteppingAccount | None = None
        self._told = 0
        self._last_two = (*_NONE, *_NONE)

    def step(self, bar: int, decided: Sequence[float]) -> tuple[float, ...]:
        """Live through ``bar``; the words of STATE at its close. Raises AnswerError where there is no account to keep."""
        account = self._account
        if account is None:
            account = self._account = self._begin()
        row = account.step(bar, decided)
        closed = len(account.closed)
        if closed != self._told:
            self._told, self._last_two = closed, self._ended(account)
        return row[6], account.free, row[1], row[3], row[2], float(closed), *self._last_two

    def _begin(self) -> SteppingAccount:
        try:
            return SteppingAccount(self._market, self._costs, plan=PLAN)
        except MendelError as error:
            raise AnswerError(f"there is no account on these candles: {error}") from error

    @staticmethod
    def _ended(account: SteppingAccount) -> tuple[float, ...]:
        words = [
            (float(t.entry_bar), float(t.exit_bar), t.side * t.quantity, t.entry_price, t.exit_price)
            for t in account.closed[-2:]
        ]
        before, last = [_NONE, *words][-2:]
        return (*before, *last)


class BacktestingDialogue(BarDialogue):
    """Asks about every bar. The child has all bars already: it is told the account alone."""

    def __init__(self, market: Market, costs: Costs) -> None:
        super().__init__(market.time, {}, DECISION_COLUMNS, BacktestingAccount(market, costs))

    def _check(self, answer: bytes) -> tuple[float, ...]:
        """As for every feed, but quick where it is sound: a trailing stop makes each row a new one."""
        decided: tuple[float, ...] = _UNPACK(answer)
        signals = decided[: len(validate.SIGNALS)]
        sound = all(0.0 <= value <= most for value, most in zip(decided, _MOST, strict=True))
        return decided if sound and set(signals) <= {0.0, 1.0} else super()._check(answer)


def dialogue_of(market: Market, costs: Costs) -> Callable[[], BacktestingDialogue]:
    """Makes a conversation anew for each attempt."""
    return lambda: BacktestingDialogue(market, costs)
