"""What was planted in the example systems, for tests and the scoreboard only: the engine never reads it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tools.contracts import MendelError

FOLDER = Path(__file__).parent


class AnswersError(MendelError):
    """An answers file is missing or incomplete."""


@dataclass(frozen=True)
class Answer:
    """One planted defect. ``file`` is relative to the system's folder; ``line_contains`` is a text that exactly
    one line of that file contains; ``shows`` says on what input, and in what, the defect can be seen."""

    id: str
    category: str
    file: str
    function: str
    line_contains: str
    description: str
    shows: str
    repair: str

    def line(self, root: Path) -> int:
        """The line (from 1) of the defect in the system at ``root``. Raises AnswersError unless there is one."""
        source = root / self.file
        if not source.is_file():
            raise AnswersError(f"answer {self.id!r}: {source} does not exist; correct its file")
        lines = source.read_text(encoding="utf-8").splitlines()
        found = [number for number, text in enumerate(lines, 1) if self.line_contains in text]
        if len(found) != 1:
            raise AnswersError(
                f"answer {self.id!r}: {len(found)} lines of {self.file} contain {self.line_contains!r}; "
                "choose a text that one line contains"
            )
        return found[0]


def load_answers(name: str) -> tuple[Answer, ...]:
    """The defects planted in the example ``name``, in the file's order. Raises AnswersError, one line."""
    file = FOLDER / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.toml")))
        raise AnswersError(f"no answers for {name!r}; there are: {known}")
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("defect", [])
    except tomllib.TOMLDecodeError as error:
        raise AnswersError(f"{file.name}: not valid TOML ({error}); mend it") from error
    answers = tuple(_answer(file.name, table) for table in tables)
    twice = sorted({a.id for a in answers if sum(b.id == a.id for b in answers) > 1})
    if twice:
        raise AnswersError(f"{file.name}: id {twice[0]!r} is used twice; give each defect its own")
    return answers


def _answer(file: str, table: dict[str, Any]) -> Answer:
    wanted = {field.name for field in fields(Answer)}
    for name in sorted(wanted ^ table.keys()):
        remedy = "add it" if name in wanted else "remove it"
        raise AnswersError(f"{file}: defect {table.get('id', '?')!r}, key {name!r}: {remedy}")
    for name, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise AnswersError(f"{file}: defect {table['id']!r}, key {name!r} = {value!r}: write a text")
    return Answer(**table)
