"""Holds one conversation with a child over two pipes: a question, an answer, until either side has had enough.

Nothing that the child writes is parsed: an answer is a fixed number of bytes, copied once, and judged by the
:class:`Dialogue`; one that was not asked for is turned down. A child that does not answer is killed by its zygote at
the deadline, and a zygote that does not do so is killed from here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.host.contracts import AnswerError, Dialogue, Floats
from sandbox.host.zygote import Zygote

_GRACE_SECONDS = 5.0
_UNASKED = "the strategy answered without being asked"


@dataclass
class Talk:
    """The pipes of one conversation, and how it went. ``close`` it whatever happens."""

    dialogue: Dialogue
    complete: bool = False
    rejected: str = ""
    #: The child's ends: questions to read, answers to write.
    theirs: tuple[int, int] = (-1, -1)
    _ours: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, dialogue: Dialogue) -> Talk:
        """Make the pipes."""
        questions, asking = os.pipe()
        hearing, answers = os.pipe()
        return cls(dialogue, theirs=(questions, answers), _ours=[asking, hearing])

    def hold(self, zygote: Zygote, table: Callable[[], Floats], wall_seconds: float) -> None:
        """Talk until the end. The child has been begun; afterwards it is ending or has been stopped."""
        for descriptor in self.theirs:
            os.close(descriptor)
        self.theirs = (-1, -1)
        guard = threading.Timer(wall_seconds + _GRACE_SECONDS, zygote.process.kill)
        guard.daemon = True
        guard.start()
        try:
            self._exchange(table)
        except AnswerError as error:
            self.rejected = str(error)
            zygote.stop()
        except BrokenPipeError:
            pass  # the child is dead: its zygote says how
        finally:
            guard.cancel()
            os.close(self._ours.pop(0))  # the child hears that there is no more to come

    def finish(self) -> None:
        """The child is dead: an answer that is left over was not asked for."""
        if self.complete:
            hearing = self._ours[-1]
            os.set_blocking(hearing, False)  # should a fork of this process still hold the other end
            try:
                self.rejected = self.rejected or (_UNASKED if os.read(hearing, 1) else "")
            except BlockingIOError:
                return

    def close(self) -> None:
        """Let go of every pipe."""
        for descriptor in (*self.theirs, *self._ours):
            if descriptor >= 0:
                os.close(descriptor)
        self.theirs, self._ours = (-1, -1), []

    def _exchange(self, table: Callable[[], Floats]) -> None:
        asking, hearing = self._ours
        reply, size, asked = (
            self.dialogue.reply,
            8 * self.dialogue.answer_words,
            8 * self.dialogue.question_words,
        )
        read, write = os.read, os.write
        question = self.dialogue.begin(table)
        while question is not None:
            written = write(asking, question)
            while written < asked:
                written += write(asking, question[written:])
            answer = read(hearing, size + 1)  # a byte more than there may be
            while len(answer) < size:
                more = read(hearing, size + 1 - len(answer))
                if not more:
                    return
                answer += more
            if len(answer) > size:
                raise AnswerError(_UNASKED)
            question = reply(answer)
        self.complete = True
