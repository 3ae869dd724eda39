"""What an operator is: one defect, planted in one place of a clean strategy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.bugs.style import BugError, Style

Place = tuple[str, int]


@dataclass(frozen=True)
class Mutant:
    """A strategy with one defect. ``files`` holds the changed files only. ``places`` are the lines at which a finding is
    right: the planted one first, then the proper ones of the category (a condition that can no longer hold, the setting
    that nothing reads). ``knob``: (file, text) of the setting, where the defect shows by turning it; ``faulty``: the
    changed files with a fault inside, where it shows by failing."""

    files: Mapping[str, str]
    places: tuple[Place, ...]
    knob: tuple[str, str] | None = None
    faulty: Mapping[str, str] = field(default_factory=dict)
    clean_faulty: Mapping[str, str] = field(default_factory=dict)


Plant = Callable[[Style], Iterable[Mutant]]


@dataclass(frozen=True)
class Operator:
    """``breaks`` says in words what is wrong afterwards; ``categories`` of findings are hits, ``consequences`` are findings
    that are true of the mutant but do not count as the hit. ``shows``: where clean and mutant must differ, else the case
    is void (see behaviour.py)."""

    name: str
    breaks: str
    categories: frozenset[str]
    plant: Plant
    shows: str = "decisions"
    consequences: frozenset[str] = frozenset()


def shuffled(name: str, mutants: Iterable[Mutant]) -> list[Mutant]:
    """Candidates in an order that nobody chose."""
    return sorted(mutants, key=lambda m: hashlib.sha256(f"{name}|{m.places}|{m.files}".encode()).hexdigest())


def line_of(text: str, part: str) -> int:
    """The line in which a text that occurs once begins. Raises BugError."""
    if text.count(part) != 1:
        raise BugError(f"{part!r} occurs {text.count(part)} times: name a text that occurs once")
    at = text.index(part)
    return text.count("\n", 0, at + len(part) - len(part.lstrip("\n"))) + 1


def replaced(text: str, old: str, new: str) -> str:
    """The text with its one occurrence of ``old`` replaced."""
    line_of(text, old)
    return text.replace(old, new)


def from_style(name: str) -> Plant:
    """An operator that is made of the edits in the style's own file."""

    def plant(style: Style) -> Iterator[Mutant]:
        for edit in style.edits(name):
            yield edited(style, edit)

    return plant


def edited(style: Style, edit: Mapping[str, Any]) -> Mutant:
    """One edit of a style.toml: ``find`` and ``with`` in ``file``; ``extra`` is a second replacement in the same file,
    ``also`` names lines of the changed file at which a finding is right, ``setting`` the knob that shows it."""
    file = edit["file"]
    before = style.files[file]
    text = replaced(before, edit["find"], edit["with"])
    if "extra" in edit:
        text = replaced(text, edit["extra"]["find"], edit["extra"]["with"])
    planted = _changed_line(text, edit["with"])
    places = [(file, planted), *((file, line_of(text, part)) for part in edit.get("also", ()))]
    knob = None
    if "setting" in edit:
        knob = (edit["setting"]["file"], edit["setting"]["find"])
        home = {**style.files, file: text}[knob[0]]
        places.append((knob[0], line_of(home, knob[1])))
    return Mutant({file: text}, tuple(places), knob)


def _changed_line(text: str, new: str) -> int:
    at = text.index(new)
    return text.count("\n", 0, at) + 1


def at_pattern(style: Style, pattern: str, new: str) -> Iterator[Mutant]:
    """One mutant for each place at which a regular expression fits."""
    for file, text in style.files.items():
        for match in re.finditer(pattern, text):
            changed = text[: match.start()] + match.expand(new) + text[match.end() :]
            yield Mutant({file: changed}, ((file, text.count("\n", 0, match.start()) + 1),))


def with_condition(
    style: Style, condition: str, *, constant: str = "", scalar: bool = True
) -> Iterator[Mutant]:
    """The entry is permitted only where ``condition`` holds as well. ``{volume}``, ``{close}`` and the like in it are filled
    with what the strategy calls them. ``constant`` is a module-level line put above the first function or class."""
    entry = style.sites.get("entry")
    if entry is None:
        return
    file, line = entry["file"], entry["find"]
    indent = line[: len(line) - len(line.lstrip())]
    if not entry["name"] and not scalar:
        return
    shown = condition.format(**entry["scope"])
    if entry["name"]:
        new = f"{line}\n{indent}{entry['name']} = {entry['name']} & ({shown})"
    else:
        new = f'{indent}if not ({shown}):\n{indent}    return ""\n{line}'
    text = replaced(style.files[file], line, new)
    if constant:
        text = re.sub(r"(?m)^(class |def |@)", lambda m: f"{constant}\n\n\n{m[0]}", text, count=1)
    yield Mutant({file: text}, ((file, _changed_line(text, shown)),))
