"""Lessons as JSON lines: one object a line with at least ``id`` and ``text``. All of a file is taken in, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from memory.documents import Json, canonical
from memory.errors import MemoryStoreError
from memory.knowledge_lesson import Lesson, lesson_from
from memory.learnings import Learnings

_SHOWN = 5


@dataclass(frozen=True)
class Imported:
    """How many lines were new, already known, and known but forgotten (they stay so); ``same`` maps an id of the file to
    the id under which its lesson is known."""

    lessons: int
    new: int
    known: int
    forgotten: int
    same: dict[str, str]


def parse_lines(content: bytes, name: str) -> list[tuple[int, Lesson]]:
    """(line number, lesson) of every line that is not blank. Raises MemoryStoreError naming the bad lines."""
    lessons: list[tuple[int, Lesson]] = []
    faults: list[str] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            lessons.append((number, _lesson(line)))
        except MemoryStoreError as error:
            faults.append(f"line {number}: {error}")
    if faults:
        more = f" (and {len(faults) - _SHOWN} more)" if len(faults) > _SHOWN else ""
        raise MemoryStoreError(f"{name}: {'; '.join(faults[:_SHOWN])}{more}; nothing was imported")
    return lessons


def take_in(learnings: Learnings, lessons: Iterable[tuple[int, Lesson]], name: str) -> Imported:
    """Keep lessons, all or none. Again: nothing new. Raises MemoryStoreError naming the line."""
    total = new = forgotten = 0
    same: dict[str, str] = {}
    learnings.name_old_ones()
    with learnings.store.transaction():
        for number, lesson in lessons:
            total += 1
            try:
                known, fresh = learnings.put(_from_elsewhere(lesson))
            except MemoryStoreError as error:
                raise MemoryStoreError(f"{name}: line {number}: {error}; nothing was imported") from error
            new += fresh
            if lesson.id and lesson.id != known:
                same[lesson.id] = known
            forgotten += not fresh and bool(learnings.required(known)["forgotten"])
    return Imported(total, new, total - new, forgotten, same)


def to_lines(rows: Iterable[Json]) -> Iterator[str]:
    """The lines of a file that ``parse_lines`` reads; what is not known is left out."""
    for row in rows:
        yield canonical({key: value for key, value in row.items() if value not in (None, [], {})})


def _lesson(line: bytes) -> Lesson:
    try:
        document = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MemoryStoreError(f"is not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise MemoryStoreError(f"is no JSON ({error}); write one object a line") from error
    lesson = lesson_from(document)
    if not lesson.id or len(lesson.id) > 200:
        raise MemoryStoreError("has no id; give it one of at most 200 characters")
    canonical(lesson.body())  # NaN is refused here, before anything is kept
    return lesson


def _from_elsewhere(lesson: Lesson) -> Lesson:
    """The lesson with its cycle as provenance: this store may not know that cycle."""
    if lesson.cycle is None:
        return lesson
    cycles = dict.fromkeys([*lesson.provenance.get("cycles", []), lesson.cycle])
    return replace(lesson, cycle=None, provenance={**lesson.provenance, "cycles": list(cycles)})
