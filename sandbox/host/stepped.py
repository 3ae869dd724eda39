"""The ``stepped`` feed: one bar at a time, with the portfolio that the trusted side keeps.

A question is ``bar, time, <columns>, <portfolio>``: float64, but for the time, which is the int64 of nanoseconds
in the same eight bytes. An answer is one word for each decision field. Bar k+1 is written to the pipe only after
the answer to bar k was read, so that no later bar exists in the child."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from sandbox.host import validate
from sandbox.host.contracts import AnswerError, Floats, Ints

#: Words in front of the columns: the bar's number and its time.
HEADER = 2
_KNOWN_ANSWERS = 4096


class Engine(Protocol):
    """Keeps the account while bars pass; given by the room above."""

    @property
    def names(self) -> tuple[str, ...]:
        """The words of the portfolio."""
        ...

    def step(self, bar: int, decided: Sequence[float]) -> Sequence[float]:
        """Live through ``bar`` on what was decided at the close before it (one number a field; nothing for bar
        0); the portfolio at its close, one number a name."""
        ...


class BarDialogue:
    """Asks about every bar in turn. ``columns`` are float64 of the length of ``time`` (int64 ns UTC)."""

    def __init__(
        self, time: Ints, columns: Mapping[str, Floats], fields: tuple[str, ...], engine: Engine
    ) -> None:
        self._fields, self._engine, self._bars = fields, engine, len(time)
        self.portfolio_names = engine.names
        self._first = HEADER + len(columns)
        self.question_words, self.answer_words = self._first + len(engine.names), len(fields)
        questions = np.empty((self._bars, self.question_words))
        questions[:, 0] = np.arange(self._bars)
        questions[:, 1] = np.ascontiguousarray(time, np.int64).view(np.float64)
        for k, values in enumerate(columns.values()):
            questions[:, HEADER + k] = values
        self._questions = questions
        self._raw = questions.reshape(-1).view(np.uint8).data
        self._answers = np.full((self._bars, len(fields)), np.nan)
        self._answers_raw = self._answers.reshape(-1).view(np.uint8).data
        self._pack = struct.Struct(f"={len(engine.names)}d").pack_into
        self._unpack = struct.Struct(f"={len(fields)}d").unpack
        self._known: dict[bytes, tuple[float, ...]] = {}
        self._bar = -1

    def begin(self, table: Callable[[], Floats]) -> memoryview | None:
        """The first bar."""
        return self._next(())

    def reply(self, answer: bytes) -> memoryview | None:
        """Check the decisions of this bar, live through the next one and ask about it."""
        decided = self._known.get(answer) or self._check(answer)
        at = self._bar * 8 * self.answer_words
        self._answers_raw[at : at + len(answer)] = answer
        return self._next(decided)

    def decisions(self) -> Floats:
        """(bars, fields), rows that were not answered NaN."""
        return self._answers

    @property
    def portfolio(self) -> Floats:
        """(bars, names): what the child was told after each bar."""
        return self._questions[:, self._first :]

    def _next(self, decided: Sequence[float]) -> memoryview | None:
        self._bar += 1
        if self._bar >= self._bars:
            return None
        at, size = self._bar * 8 * self.question_words, 8 * self.question_words
        self._pack(self._raw, at + 8 * self._first, *self._engine.step(self._bar, decided))
        return self._raw[at : at + size]

    def _check(self, answer: bytes) -> tuple[float, ...]:
        values = np.frombuffer(answer, np.float64)
        wrong = validate.why_not({name: values[k : k + 1] for k, name in enumerate(self._fields)}, self._bar)
        if wrong is not None:
            raise AnswerError(wrong)
        decided: tuple[float, ...] = self._unpack(answer)
        if len(self._known) < _KNOWN_ANSWERS:
            self._known[answer] = decided
        return decided
