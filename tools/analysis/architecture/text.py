"""The architecture as a page of text: inputs, the way to the decisions, and what is odd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tools.analysis.architecture.report import Architecture

Row = Any
MOST = 12


def architecture_text(arch: Architecture) -> str:
    """Counts, entry points, what each decision is made of and which conditions it passes, then every oddity with its
    place; at most MOST of a kind, and how many there are."""
    sections = arch.sections
    lines = [_counts(sections)]
    lines += [
        f"  {row['kind']:<14} {row['file']}:{row['line']}  {row['name']}" for row in sections["entry_points"]
    ]
    lines += ["", "Decisions", *_decisions(sections), *_unused_columns(arch)]
    for title, rows, said in _oddities(sections):
        if rows:
            lines += ["", f"{title} ({len(rows)})", *(f"  {said(row)}" for row in rows[:MOST])]
            lines += [f"  ... and {len(rows) - MOST} more (--json has all)"] if len(rows) > MOST else []
    return "\n".join(lines) + "\n"


def _counts(sections: Mapping[str, Any]) -> str:
    modules = sections["modules"]
    total = sum(row["lines"] for row in modules)
    unread = f", {len(sections['unread'])} files could not be read" if sections["unread"] else ""
    return f"{len(modules)} modules, {total:,} lines{unread}"


def _decisions(sections: Mapping[str, Any]) -> list[str]:
    lines = []
    for row in sections["decisions"]:
        inputs = ", ".join([*row["columns"], *row["settings"]]) or "nothing that could be followed"
        lines.append(f"  {row['name']:<12} {row['file']}:{row['line']}  from {inputs}")
        lines += [f"  {'':<12}   if {c['file']}:{c['line']}  {c['text']}" for c in row["conditions"][:MOST]]
        if len(row["conditions"]) > MOST:
            lines.append(f"  {'':<12}   ... and {len(row['conditions']) - MOST} more conditions")
    return lines or ["  none was found: what the strategy returns could not be followed"]


def _unused_columns(arch: Architecture) -> list[str]:
    reached = {origin.name for origin in arch.flow.reached if origin.kind == "column"}
    read = {row["column"] for row in arch.sections["data_flow"] if row["kind"] == "column"}
    idle = sorted(read - reached)
    return ["", f"Columns read that reach no decision: {', '.join(idle)}"] if idle else []


def _oddities(sections: Mapping[str, Any]) -> list[tuple[str, list[Row], Callable[[Row], str]]]:
    variables = sections["environment"]
    unset = [row for row in variables if row["read"] and not row["set"]]
    return [
        ("Import cycles", sections["cycles"], " -> ".join),
        ("Dead code", sections["dead_code"], _named),
        ("The same code twice", sections["duplicates"], _twins),
        (
            "Settings that nobody reads",
            [r for r in sections["settings"] if not r["readers"] and not r["dynamic"]],
            lambda r: f"{_place(r)}  {r['name']} = {r['default']}",
        ),
        ("Environment read, never set here", unset, _variable),
        ("Environment set, never read", [r for r in variables if not r["read"]], _named),
        ("Side effects at import", sections["side_effects"], _named),
        ("Reads of the clock", sections["wall_clock"], _named),
        (
            "Changed at module level",
            sections["globals"],
            lambda r: f"{_place(r)}  {r['name']}, by line {', '.join(map(str, r['writers'][:4]))}",
        ),
        (
            "Excepts that hide failures",
            [r for r in sections["broad_excepts"] if r["hides"]],
            lambda r: f"{_place(r)}  catches {r['catches']}, answers `{r['answers']}`",
        ),
        ("Numbers without a name", sections["magic_numbers"], _number),
        (
            "Slow in a loop over bars",
            sections["performance"],
            lambda r: f"{_place(r)}  {r['text']}: {r['cost']}; {r['remedy']}",
        ),
        ("Packages from outside", sections["imports"], _package),
        ("Could not be followed", sections["not_followed"], _named),
        ("Could not be read", sections["unread"], lambda r: f"{r['file']}  {r['why']}"),
    ]


def _place(row: Row) -> str:
    return f"{row['file']}:{row['line']}"


def _named(row: Row) -> str:
    rest = [str(row[key]) for key in ("name", "call", "callee", "why") if key in row]
    return f"{_place(row)}  {' '.join(rest)}"


def _twins(row: Row) -> str:
    return " = ".join(f"{_place(f)} {f['name']}" for f in row["functions"][:4])


def _variable(row: Row) -> str:
    stands = f"{row['default']} stands in" if row["default"] is not None else "nothing stands in"
    return f"{_place(row)}  {row['name']}, {'fails without it' if row['required'] else stands}"


def _number(row: Row) -> str:
    return f"{_place(row)}  {row['value']:,.12g} in `{row['text']}`: {row['unit'] or 'unit unknown'}"


def _package(row: Row) -> str:
    return f"{row['name']}  ({_place(row)}{', optional' if row['optional'] else ''})"
