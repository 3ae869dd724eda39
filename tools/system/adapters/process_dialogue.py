"""The trusted side of a conversation with a ``process`` strategy: one book for each symbol, one question a bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sandbox.child.process_words import NO_ORDER, ORDER
from sandbox.host.contracts import Floats, Ints
from sandbox.host.stepped import BarDialogue
from tools.backtest.step import PORTFOLIO
from tools.contracts import DECISION_COLUMNS, Costs, Market
from tools.system.adapters.process_book import Book
from tools.system.adapters.process_notes import Notes

_WORDS, COLUMNS = len(ORDER), len(DECISION_COLUMNS)
_NO_ACCOUNT = (0.0,) * len(PORTFOLIO)


@dataclass(frozen=True)
class Shown:
    """One symbol as it is shown: its bars, and for each bar of the conversation the number of its own bar (-1: none)."""

    market: Market
    bars: Sequence[int]


class Books:
    """The accounts of all symbols. The words of a bar's answer are those of every symbol, one after another."""

    def __init__(self, shown: Sequence[Shown], costs: Costs, own: int) -> None:
        self.notes, self._own = Notes(), own
        self.books = [Book(one.market, costs, self.notes) for one in shown]
        self._bars = [one.bars for one in shown]
        self.names = tuple(f"{one.market.symbol}:{name}" for one in shown for name in PORTFOLIO)
        self._told = [_NO_ACCOUNT] * len(shown)
        self._words: list[tuple[float, ...]] = [NO_ORDER] * len(shown)

    def step(self, bar: int, decided: Sequence[float]) -> Sequence[float]:
        """Live through ``bar``: symbols without a bar stay as they are, and so do orders that wait for their next one."""
        told: list[float] = []
        for k, book in enumerate(self.books):
            own = self._bars[k][bar]
            if bar:
                self._hear(k, bar - 1, tuple(decided[k * _WORDS : (k + 1) * _WORDS]))
            if own >= 0:
                self._told[k] = book.step(own, self._words[k])
                self._words[k] = NO_ORDER
            told += self._told[k]
        return told

    def finish(self, decided: Sequence[float]) -> Floats:
        """The decisions of the symbol that is asked about, once the last answer is there."""
        own, first = self._own, self._own * _WORDS
        self._hear(own, len(self._bars[own]) - 1, tuple(decided[first : first + _WORDS]))
        self.books[own].finish(self._words[own])
        return self.books[own].values

    def _hear(self, k: int, bar: int, words: tuple[float, ...]) -> None:
        if self._bars[k][bar] >= 0:
            self._words[k] = words
        elif words != NO_ORDER:
            self.notes.add("no_bar", bar)


class ProcessDialogue(BarDialogue):
    """Asks about every bar in turn; its decisions are those of ``symbol``."""

    def __init__(
        self, time: Ints, columns: Mapping[str, Floats], shown: Sequence[Shown], costs: Costs, symbol: str
    ) -> None:
        own = next(k for k, one in enumerate(shown) if one.market.symbol == symbol)
        self.books = Books(shown, costs, own)
        fields = tuple(f"{one.market.symbol}:{word}" for one in shown for word in ORDER)
        super().__init__(time, columns, fields, self.books)
        self._decided: Floats | None = None

    def decisions(self) -> Floats:
        """(bars, 9)."""
        if self._decided is None:
            answers = super().decisions()
            self._decided = (
                self.books.finish(answers[-1].tolist()) if len(answers) else np.empty((0, COLUMNS))
            )
        return self._decided

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not followed as written."""
        return self.books.notes.told()


class Turns:
    """Several conversations in one process, one after another; the last one decides."""

    def __init__(self, makers: Sequence[Callable[[], ProcessDialogue]]) -> None:
        self._left = list(makers)
        self.now = self._left.pop(0)()
        self.question_words, self.answer_words = self.now.question_words, self.now.answer_words
        self.portfolio_names = self.now.portfolio_names

    def begin(self, table: Callable[[], Floats]) -> memoryview | None:
        """The first bar of the first turn."""
        self._table = table
        return self.now.begin(table)

    def reply(self, answer: bytes) -> memoryview | None:
        """The next bar, of the next turn where this one has no more."""
        question = self.now.reply(answer)
        if question is None and self._left:
            self.now = self._left.pop(0)()
            return self.now.begin(self._table)
        return question

    def decisions(self) -> Floats:
        """Of the last turn."""
        return self.now.decisions()
