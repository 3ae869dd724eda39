"""Tables as CSV that nobody vouches for: capped, and read as figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from tools.system.adapters.command_figures import Figures, Raw, ReportError, by_name, mapped

MOST_ROWS, _MOST_COLUMNS, _MOST_FIELD = 200_000, 512, 4096
_NAMES = ("name", "metric", "key", "statistic", "stat", "measure", "")
_VALUES = ("value", "result", "val", "amount", "0")


def table(data: bytes, source: str) -> tuple[list[str], list[list[str]]]:
    """(header, rows), rows as long as the header. Raises ReportError for what is no table, or too large to be one."""
    csv.field_size_limit(_MOST_FIELD)
    try:
        text = data.decode("utf-8-sig")
        first = text[:4096].splitlines()[0] if text.strip() else ""
        separator = max((",", ";", "\t", "|"), key=first.count)
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        header = [name.strip() for name in next(reader, [])]
        rows: list[list[str]] = []
        for row in reader:
            if len(rows) >= MOST_ROWS:
                raise ReportError(f"{source}: more than {MOST_ROWS} rows; write fewer")
            if row:
                rows.append(([*row, *[""] * len(header)])[: len(header)])
    except UnicodeDecodeError as error:
        raise ReportError(f"{source}: is no UTF-8 text; write CSV, or set [command] format") from error
    except csv.Error as error:
        raise ReportError(f"{source}: is no CSV ({error}); write CSV, or set [command] format") from error
    if not any(header):
        raise ReportError(f"{source}: has no columns; write a header and rows")
    if len(header) > _MOST_COLUMNS:
        raise ReportError(
            f"{source}: {len(header)} columns; write a row of figures, or the columns name and value"
        )
    return header, rows


def figures(data: bytes, source: str, metrics: Mapping[str, str], units: Mapping[str, str]) -> Figures:
    """Of a table with one row (a figure a column), or with the columns ``name`` and ``value`` (a figure a row)."""
    header, rows = table(data, source)
    values = _pairs(header, rows, source)
    if not metrics:
        return by_name(((name, value, f"{source}: {name}"[:200]) for name, value in values.items()), units)
    raws: dict[str, Raw | str] = {}
    for name, place in metrics.items():
        if place in values:
            raws[name] = Raw(f"{source}: {place}", values[place])
        else:
            offered = ", ".join(key[:40] for key in list(values)[:12]) or "nothing"
            raws[name] = f"{source}: no column or row [command] metrics.{name} = {place!r}; it has {offered}"
    return mapped(metrics, raws, units)


def _pairs(header: list[str], rows: list[list[str]], source: str) -> dict[str, str]:
    low = [name.lower() for name in header]
    if len(header) == 2 and low[0] in _NAMES and (low[1] in _VALUES or len(rows) != 1):
        return {row[0].strip(): row[1] for row in rows}
    if {"name", "value"} <= set(low):
        at = low.index("name"), low.index("value")
        return {row[at[0]].strip(): row[at[1]] for row in rows}
    if len(rows) == 1:
        return dict(zip(header, rows[0], strict=True))
    raise ReportError(
        f"{source}: {len(rows)} rows; write one row with a figure a column, or the columns name and value"
    )
