"""From what a command wrote to a figure under our name and in our unit, or to why it is not known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tools.errors import MendelError
from tools.system.adapters.command_names import BY_NAME, Known, nearest, plain_name, recognised

_NUMBER = re.compile(
    r"([-+\u2212]?)(\d{1,40}(?:,\d{3}){0,13}(?:\.\d{0,40})?|\.\d{1,40})(e[-+]?\d{1,4})?\s{0,3}(%|bps)?", re.I
)
_NOT_KNOWN = (
    "",
    "nan",
    "none",
    "null",
    "n/a",
    "na",
    "-",
    "--",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "-infinity",
)
_SCALE = {"%": 0.01, "bps": 1e-4}


class ReportError(MendelError):
    """What the command wrote cannot be read as it was said to be."""


@dataclass(frozen=True)
class Raw:
    """One figure as it stands in the output: the name it has there, the value (a number or text), the unit beside it."""

    where: str
    value: object
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """``value`` None = not known, and ``why`` says so; a known one may have a ``note`` on how it was read."""

    name: str
    value: float | None
    unit: str
    where: str
    why: str = ""
    note: str = ""


@dataclass
class Figures:
    """``ours`` by our names; ``others`` are numbers under names that we do not know, as the command writes them."""

    ours: dict[str, Figure] = field(default_factory=dict)
    others: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def settle(name: str, raw: Raw, unit: str = "") -> Figure:
    """The figure ``name``. ``unit`` (said by the person) wins over the one beside the value, that over the one in the
    reported name."""
    known = BY_NAME.get(name, Known(name, "plain", "as the command reports it", ()))
    number, beside, why = read_number(raw.value)
    if number is None:
        return Figure(name, None, known.unit, raw.where, f"the command reports {why}")
    said = unit or beside or raw.unit
    if known.nature in ("fraction", "share"):
        return _fraction(known, number, said, raw.where)
    if known.nature == "count" and (number < 0 or number != int(number)):
        return Figure(
            name, None, known.unit, raw.where, f"the command reports {number:g}, which counts nothing"
        )
    if said == "%" or (said == "bps" and not name.endswith("_bps")):
        return Figure(
            name, None, known.unit, raw.where, f"the command reports it in {said}, not in {known.unit}"
        )
    return Figure(name, number, known.unit, raw.where)


def _fraction(known: Known, number: float, said: str, where: str) -> Figure:
    value = number * _SCALE.get(said, 1.0)
    if known.name == "max_drawdown":
        value = abs(value)
    if not said and abs(value) > 1.0:
        why = (
            f"the command reports {number:g} without a unit, which may be percent; write [command] units = "
            f'{{ {known.name} = "%" }}, or "fraction"'
        )
        return Figure(known.name, None, known.unit, where, why)
    if known.nature == "share" and not 0.0 <= value <= 1.0 + 1e-9:
        return Figure(
            known.name, None, known.unit, where, f"the command reports {number:g}{said}: no share of a whole"
        )
    note = "" if said or value == 0 else "read as a fraction: the command names no unit"
    return Figure(known.name, value, known.unit, where, note=note)


def read_number(value: object) -> tuple[float | None, str, str]:
    """(number, the unit that stands behind it, why there is none). NaN and infinities are no numbers."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return None, "", f"{_shown(value)}, which is no number"
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            return None, "", "a number too large to be one"
        return (number, "", "") if math.isfinite(number) else (None, "", f"{number} for it")
    text = str(value).strip()
    if text.lower().rstrip("%").strip() in _NOT_KNOWN:
        return None, "", f"{text!r} for it" if text else "nothing for it"
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None, "", f"{_shown(text)}, which is no number"
    number = float((found[1] + found[2] + (found[3] or "")).replace(",", "").replace("\u2212", "-"))
    unit = (found[4] or "").lower()
    return (number, unit, "") if math.isfinite(number) else (None, "", f"{text} for it")


def by_name(rows: Iterable[tuple[str, object, str]], units: Mapping[str, str]) -> Figures:
    """All of (reported name, value, where) whose names are known; the first of two that mean the same stays."""
    found = Figures()
    for name, value, where in rows:
        known, unit = recognised(name)
        if known is None:
            number = read_number(value)[0]
            key = plain_name(name)[0]
            if number is not None and key and len(found.others) < 200:
                found.others.setdefault(name.strip()[:120], number)
            continue
        figure = settle(known.name, Raw(where, value, unit), units.get(known.name, ""))
        before = found.ours.get(known.name)
        if before is None or (before.value is None and figure.value is not None):
            found.ours[known.name] = figure
        elif before.value is not None and figure.value is not None and not _same(before.value, figure.value):
            found.notes.append(
                f"{known.name} is reported twice: {before.where} = {before.value:g} is taken, {where} = {figure.value:g} is not"
            )
    return found


def mapped(names: Mapping[str, str], raws: Mapping[str, Raw | str], units: Mapping[str, str]) -> Figures:
    """The figures that ``[command] metrics`` names; a ``raws`` entry that is text says why there is none."""
    found = Figures()
    for name, place in names.items():
        raw = raws[name]
        if isinstance(raw, str):
            unit = BY_NAME[name].unit if name in BY_NAME else ""
            found.ours[name] = Figure(name, None, unit, place, raw)
            continue
        found.ours[name] = settle(name, raw, units.get(name, ""))
        if name not in BY_NAME:
            found.notes.append(f"{name} is no figure of ours: shown as it is{nearest(name)}")
    return found


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-9)


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, dict | list) else f"a {type(value).__name__}"
    return text if len(text) <= 40 else text[:37] + "..."
