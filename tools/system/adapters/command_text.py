"""Figures in text that a command prints: by the person's regular expressions, else ``name: number`` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tools.system.adapters.command_figures import Figures, Raw, by_name, mapped
from tools.system.adapters.command_names import recognised

_MOST_TEXT, _MOST_LINES, _LONGEST = 1 << 20, 20_000, 400
_BORDERS = str.maketrans(dict.fromkeys("|\u2502\u2503\u2551", " "))
_NUMBER = r"[-+\u2212]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf|n/a|none"
_LINE = re.compile(
    rf"\s*([A-Za-z#][^:=]{{0,60}}?)(\s*[:=]\s*|\s{{2,}}|\t)({_NUMBER})\s?(%|bps)?(?![\w.])", re.I
)
_SIGN = re.compile(r"\s{0,3}(%|bps\b)")


def figures(text: str, source: str, metrics: Mapping[str, str], units: Mapping[str, str]) -> Figures:
    """``metrics`` maps a name to an expression whose group ``value`` (else its first) is the number: the last match counts, since
    programs print their summary at the end. Time is not bounded here: run it where it is."""
    text = text[-_MOST_TEXT:]
    if not metrics:
        return by_name(_lines(text, source), units)
    return mapped(metrics, {name: _match(text, source, name, e) for name, e in metrics.items()}, units)


def _match(text: str, source: str, name: str, expression: str) -> Raw | str:
    found = None
    for found in re.finditer(expression, text, re.MULTILINE):  # noqa: B007 - the last one is wanted
        continue
    if found is None:
        return f"{source}: nothing matches [command] metrics.{name} = {expression!r}"
    group: str | int = "value" if "value" in found.re.groupindex else 1
    if found[group] is None:
        return f"{source}: the group of [command] metrics.{name} = {expression!r} is empty where it matches"
    beside = _SIGN.match(text, found.end(group))
    return Raw(f"{source}: {found[0].strip()[:80]}", found[group], beside[1].lower() if beside else "")


def _lines(text: str, source: str) -> Iterator[tuple[str, object, str]]:
    """Later lines first: the summary stands at the end."""
    for line in reversed(text.splitlines()[-_MOST_LINES:]):
        plain = line[:_LONGEST].translate(_BORDERS)
        found = _LINE.match(plain)
        if found is None:
            continue
        number, unit = found[3].replace(",", "") if "," in found[3] else found[3], found[4] or ""
        name = f"{found[1].strip()} {unit}".strip()
        if (
            found[2].strip() or recognised(name)[0] is not None
        ):  # a gap alone makes any listing look like figures
            yield name, number + unit, f"{source}: {' '.join(plain.split())[:80]}"
