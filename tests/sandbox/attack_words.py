"""What the docstring of an attack says about it, for the runners.

``Ends: rejected`` or ``Ends: ok or crashed`` names how it may end; ``Control: works`` says that ``attack()`` is to be
true where there are no walls (it is safe there, as a plain user under resource limits); ``Twice.`` that it is asked
twice, since it leaves something for its next run; ``Decides.`` that its decisions are meant and say nothing about the
walls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ENDS = re.compile(r"Ends: ([a-z]+(?: or [a-z]+)*)")


@dataclass(frozen=True)
class Words:
    """An attack's own account of itself."""

    ends: frozenset[str]
    control: bool
    twice: bool
    decides: bool


def words_of(path: Path) -> Words:
    """From the docstring of the attack in that file."""
    text = path.read_text(encoding="utf-8").split('"""')[1]  # not parsed: placeholders are no Python yet
    found = _ENDS.search(text)
    ends = frozenset(found.group(1).split(" or ")) if found else frozenset()
    return Words(ends, "Control: works" in text, "Twice." in text, "Decides." in text)
