"""The ``hybrid`` feed: the whole frame once, then questions while a position is wanted or open.

The trusted side decides when it asks. It is written as a generator: it is given the table that the strategy filled
((bars, fields), copied and checked), yields questions in the words of QUESTION, is sent answers in those of ANSWER
(NaN = no answer), and returns the table of what was really decided. The child sees the whole frame in this feed, so
a look-ahead check is a must."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Generator, Sequence

from sandbox.child.callbacks import ANSWER, POPULATE, QUESTION
from sandbox.host.contracts import AnswerError, Floats

Answer = tuple[float, ...]
Conversation = Generator[Sequence[float], Answer, Floats]

_MOST = {"entry": (0.0, 1.0), "exit": (0.0, 1.0), "exit_confirmed": (0.0, 1.0), "leverage": (1.0, 125.0)}
_BOUNDS = tuple(
    {**_MOST, "stake": (0.0, 1.0), "stop": (0.0, 1.0), "tag": (0.0, 255.0), "target": (-1.0, 10.0)}[name]
    for name in ANSWER
)
_YES_OR_NO = frozenset(("entry", "exit", "exit_confirmed"))
_PACK = struct.Struct(f"=dq{len(QUESTION) - 2}d").pack
_UNPACK = struct.Struct(f"={len(ANSWER)}d").unpack
_KNOWN_ANSWERS = 4096


class HybridDialogue:
    """Lets ``engine`` (table -> conversation) talk to a child."""

    question_words, answer_words = len(QUESTION), len(ANSWER)

    def __init__(self, engine: Callable[[Floats], Conversation]) -> None:
        self._engine = engine
        self._table: Callable[[], Floats] | None = None
        self._talk: Conversation | None = None
        self._decided: Floats | None = None
        self._known: dict[bytes, Answer] = {}
        #: How many questions were asked, the first one (populate) among them.
        self.asked = 0

    def begin(self, table: Callable[[], Floats]) -> memoryview | None:
        """Ask for the table."""
        self._table = table
        return self._question((POPULATE, 0, *[0.0] * (len(QUESTION) - 2)))

    def reply(self, answer: bytes) -> memoryview | None:
        """Check an answer, hand it to the engine, and ask its next question."""
        if self._talk is None:
            assert self._table is not None
            self._talk = self._engine(self._table())
            return self._advance(None)
        return self._advance(self._known.get(answer) or self._check(answer))

    def decisions(self) -> Floats:
        """What the engine returned in the end."""
        assert self._decided is not None
        return self._decided

    def _advance(self, answer: Answer | None) -> memoryview | None:
        assert self._talk is not None
        try:
            question = next(self._talk) if answer is None else self._talk.send(answer)
        except StopIteration as end:
            self._decided = end.value
            return None
        return self._question(question)

    def _question(self, words: Sequence[float]) -> memoryview:
        self.asked += 1
        return memoryview(_PACK(words[0], int(words[1]), *words[2:]))

    def _check(self, answer: bytes) -> Answer:
        values: Answer = _UNPACK(answer)
        for name, value, (low, high) in zip(ANSWER, values, _BOUNDS, strict=True):
            if math.isnan(value):
                continue
            whole = name not in _YES_OR_NO or value in (0.0, 1.0)
            if not (low <= value <= high and whole):
                raise AnswerError(
                    f"a callback's {name} must lie between {low:g} and {high:g}, got {value:.6g} at question {self.asked}"
                )
        if len(self._known) < _KNOWN_ANSWERS:
            self._known[answer] = values
        return values
