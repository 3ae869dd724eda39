"""Figures in a JSON document that nobody vouches for: parsed under limits, looked up by path or by known names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.system.adapters.command_figures import Figures, Raw, ReportError, by_name, mapped

_DEEPEST, _MOST_VALUES = 8, 5_000


def parse(data: bytes, source: str) -> Any:
    """The document. Raises ReportError, one line, for what is no JSON or nested too deeply. NaN and Infinity, which JSON does
    not have but Python writes, come as floats."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ReportError(f"{source}: is no UTF-8 text; write JSON, or set [command] format") from error
    except RecursionError as error:
        raise ReportError(f"{source}: nested too deeply; write a flat table of figures") from error
    except ValueError as error:
        what = "is empty" if not data.strip() else f"is not JSON ({_first(error)})"
        raise ReportError(f"{source}: {what}; write JSON, or set [command] format") from error


def figures(document: Any, source: str, metrics: Mapping[str, str], units: Mapping[str, str]) -> Figures:
    """By the person's paths, else every number whose name is known: names nearer to the top win."""
    if metrics:
        raws = {name: _at(document, path, name, source) for name, path in metrics.items()}
        return mapped(metrics, raws, units)
    if not isinstance(document, dict | list):
        raise ReportError(
            f"{source}: holds {type(document).__name__} instead of a table; write {{name: number}}"
        )
    rows = sorted(_leaves(document), key=lambda row: row[2].count("."))
    return by_name(((name, value, f"{source}: {path}") for name, value, path in rows), units)


def _leaves(document: Any) -> Iterator[tuple[str, object, str]]:
    """(name, value, path) of the numbers and texts in nested tables; lists are not looked into, nor what lies deep."""
    level: list[tuple[str, Any]] = [("", document)]
    seen = 0
    for _ in range(_DEEPEST):
        below: list[tuple[str, Any]] = []
        for prefix, table in level:
            for key, value in table.items() if isinstance(table, dict) else ():
                seen += 1
                if seen > _MOST_VALUES:
                    return
                path = f"{prefix}.{key}"[:300] if prefix else str(key)[:300]
                if isinstance(value, dict):
                    below.append((path, value))
                elif not isinstance(value, list):
                    yield str(key), value, path
        level = below


def _at(document: Any, path: str, name: str, source: str) -> Raw | str:
    """The value at ``a.b.0``, or at a JSON pointer ``/a/b/0`` (where keys hold dots); a text says why there is none."""
    steps = path[1:].split("/") if path.startswith("/") else path.split(".")
    here, gone = document, ""
    for step in steps:
        step = step.replace("~1", "/").replace("~0", "~") if path.startswith("/") else step
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and len(step) < 8 and int(step) < len(here):
            here = here[int(step)]
        else:
            at = f" under {gone!r}" if gone else ""
            return f"{source}: nothing at [command] metrics.{name} = {path!r}{at}; there is {_offered(here)}"
        gone = f"{gone}.{step}" if gone else step
    return Raw(f"{source}: {path}", here)


def _offered(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(key)[:40] for key in list(value)[:12]) or "an empty table"
    return f"a list of {len(value)}" if isinstance(value, list) else "a single value"


def _first(error: ValueError) -> str:
    return str(error).splitlines()[0][:120]
