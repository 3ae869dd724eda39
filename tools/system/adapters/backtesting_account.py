"""The trusted side of a conversation with a backtesting.py strategy: keeps the account, tells how it stands after each
bar, and checks each row of decisions that comes back."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np

from sandbox.host import validate
from sandbox.host.contracts import AnswerError, Floats
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
_SIZE, _QUANTITY = DECISION_COLUMNS.index("size"), STATE.index("quantity")
_PACK = struct.Struct(f"=dq{len(STATE)}d").pack
_UNPACK = struct.Struct(f"={1 + len(DECISION_COLUMNS)}d").unpack
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


class BacktestingDialogue:
    """Asks about bars: a question is a bar's number, its time (int64 ns UTC) and STATE; an answer a bar and its row of
    decisions. While nothing is held the account stands still, so that an answer may be about a later bar than was asked:
    at those before it nothing was decided. The child has all bars already."""

    portfolio_names = STATE
    question_words, answer_words = 2 + len(STATE), 1 + len(DECISION_COLUMNS)

    def __init__(self, market: Market, costs: Costs) -> None:
        self._account, self._time = BacktestingAccount(market, costs), market.time.tolist()
        self._rows = np.zeros((len(market), len(DECISION_COLUMNS)))
        self._rows[:, _SIZE] = 1.0
        self._bar, self._flat = -1, True

    def begin(self, table: Callable[[], Floats]) -> memoryview | None:
        """The first bar; None where there is none."""
        return self._ask(0, ())

    def reply(self, answer: bytes) -> memoryview | None:
        """Check a row, live through the next bar on it and ask about that."""
        bar, *row = _UNPACK(answer)
        if not (bar == self._bar or (self._flat and self._bar < bar < len(self._time) and bar.is_integer())):
            raise AnswerError(f"an answer about bar {bar:g} where bar {self._bar} was asked")
        signals = row[: len(validate.SIGNALS)]
        sound = all(0.0 <= value <= most for value, most in zip(row, _MOST, strict=True))
        if not sound or not set(signals) <= {0.0, 1.0}:
            raise AnswerError(self._why_not(row, int(bar)))
        self._rows[int(bar)] = row
        return self._ask(int(bar) + 1, row)

    def decisions(self) -> Floats:
        """(bars, 9)."""
        return self._rows

    def _ask(self, bar: int, decided: Sequence[float]) -> memoryview | None:
        if bar >= len(self._time):
            return None
        state = self._account.step(bar, decided)
        self._bar, self._flat = bar, state[_QUANTITY] == 0.0
        return memoryview(_PACK(float(bar), self._time[bar], *state))

    @staticmethod
    def _why_not(row: Sequence[float], bar: int) -> str:
        columns = {name: np.array([value]) for name, value in zip(DECISION_COLUMNS, row, strict=True)}
        return validate.why_not(columns, bar) or f"the decisions at bar {bar} are out of range"


def dialogue_of(market: Market, costs: Costs) -> Callable[[], BacktestingDialogue]:
    """Makes a conversation anew for each attempt."""
    return lambda: BacktestingDialogue(market, costs)
