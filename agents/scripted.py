"""A model that answers from a script: for tests, and for trying Mendel without a key. It ships as a fake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.model import A, Facts, ModelError

#: A dict is validated as the answer; a text is parsed as one, or said; a callable gets (variables, facts); an error is raised.
Line = Mapping[str, Any] | str | Exception | Callable[[Mapping[str, Any], Facts], Any]


@dataclass
class ScriptedModel:
    """``script`` has the lines of each role (or ``role.task``), one a turn; the last is repeated. ``asked`` is what it was asked."""

    script: Mapping[str, Sequence[Line]]
    name: str = "scripted"
    sees: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    #: How many pictures each question came with.
    shown: list[int] = field(default_factory=list)

    def begin(self, scope: str) -> None:
        """See Model."""
        self.scopes.append(scope)

    def choose(
        self,
        role: str,
        variables: Mapping[str, Any],
        answer: type[A],
        facts: Facts,
        images: Sequence[bytes] = (),
    ) -> A:
        """See Model. An answer that does not validate is a ModelError: a script is not repaired."""
        from pydantic import ValidationError

        from agents.model_parse import UnusableAnswer, parse_answer

        self.shown.append(len(images))
        line = self._line(role, variables, facts)
        try:
            return parse_answer(line, answer) if isinstance(line, str) else answer.model_validate(line)
        except (ValidationError, UnusableAnswer) as error:
            told = " ".join(str(error).split())[:200]
            raise ModelError(f"{self.name}: no usable answer for {role}: {told}") from error

    def say(self, role: str, variables: Mapping[str, Any], facts: Facts) -> Iterator[str]:
        """See Model. In pieces of a few letters, as from a wire."""
        text = str(self._line(role, variables, facts))
        yield from (text[k : k + 7] for k in range(0, len(text), 7))

    def _line(self, role: str, variables: Mapping[str, Any], facts: Facts) -> Any:
        task = f"{role}.{variables.get('task', '')}"
        lines = self.script.get(task) or self.script.get(role)
        if not lines:
            raise ModelError(f"{self.name}: nothing in the script for {task}; add it")
        turn = sum(1 for asked in self.asked if asked == (role, task))
        self.asked.append((role, task))
        line = lines[min(turn, len(lines) - 1)]
        if callable(line):
            line = line(variables, facts)
        if isinstance(line, Exception):
            raise line
        return line
