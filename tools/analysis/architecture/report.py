"""The architecture of a system: the value, its JSON and its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.analysis.architecture.flow import Flow, read_flow
from tools.analysis.architecture.hygiene import mutated_globals, side_effects, wall_clock
from tools.analysis.architecture.modules import (
    describe_modules,
    entry_points,
    import_cycles,
    reachable_files,
)
from tools.analysis.architecture.program import Program
from tools.analysis.architecture.redundancy import dead_code, duplicates
from tools.analysis.architecture.settings import collect_reads, describe_environment, describe_settings
from tools.analysis.source import SourceTree

Row = dict[str, Any]
SECTIONS = (
    "modules", "entry_points", "cycles", "data_flow", "decisions", "settings", "environment", "dead_code",
    "duplicates", "side_effects", "wall_clock", "globals", "not_followed", "unread",
)  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """What ``analyze_architecture`` read. ``sections`` is JSON; ``program`` and ``flow`` serve the detectors.
    ``relevant`` are the files that the strategy imports (all product files where the target is unknown)."""

    sections: Mapping[str, Any]
    program: Program
    flow: Flow
    relevant: frozenset[str]
    target: str | None

    def to_json(self) -> dict[str, Any]:
        """The sections, JSON values only."""
        return {name: self.sections[name] for name in SECTIONS}


def analyze_architecture(
    tree: SourceTree,
    *,
    target: str | None,
    params: str | None,
    columns: Sequence[str],
    other_files: Mapping[str, str] | None = None,
) -> Architecture:
    """Read the system without running it. ``target`` and ``params`` are "module:Name" of the strategy and
    its settings; ``columns`` the market's column names; ``other_files`` may hold pyproject.toml for its
    console scripts. What could not be followed is listed under ``not_followed`` and ``unread``."""
    program = Program(tree, params)
    relevant = reachable_files(tree, target)
    flow = read_flow(program, columns, target, relevant)
    reads = collect_reads(program)
    sections: dict[str, Any] = {
        "modules": describe_modules(tree),
        "entry_points": entry_points(program, target, other_files or {}),
        "cycles": import_cycles(tree),
        "data_flow": flow.rows(),
        "decisions": _decisions(flow),
        "settings": describe_settings(program, reads),
        "environment": describe_environment(program),
        "dead_code": dead_code(program, reads, target),
        "duplicates": duplicates(program),
        "side_effects": side_effects(program),
        "wall_clock": wall_clock(program),
        "globals": mutated_globals(program),
        "not_followed": [vars_of(item) for item in sorted(flow.opaque, key=lambda o: (o.file, o.line))],
        "unread": [{"file": path, "why": why} for path, why in sorted(tree.unreadable.items())],
    }
    return Architecture(sections, program, flow, relevant, target)


def vars_of(item: Any) -> Row:
    """A flat dataclass as a row."""
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def _decisions(flow: Flow) -> list[Row]:
    return [
        {
            "name": item.name,
            "file": item.file,
            "line": item.line,
            "function": item.function,
            "columns": sorted({o.name for o in item.value.origins if o.kind == "column"}),
            "settings": sorted({o.name for o in item.value.origins if o.kind == "setting"}),
            "conditions": [
                {"file": gate.file, "line": gate.line, "text": gate.text} for gate in sorted(item.value.gates)
            ],
        }
        for item in flow.decisions
    ]


def architecture_text(arch: Architecture) -> str:
    """A page of text: inputs, the way to the decisions, and what is odd."""
    sections = arch.sections
    lines = [_counts(sections)]
    lines += [
        f"  {row['kind']:<14} {row['file']}:{row['line']}  {row['name']}" for row in sections["entry_points"]
    ]
    lines += ["", "Decisions"]
    for row in sections["decisions"]:
        inputs = ", ".join([*row["columns"], *row["settings"]]) or "nothing that could be followed"
        lines.append(f"  {row['name']:<12} {row['file']}:{row['line']}  from {inputs}")
    lines += _unused_columns(arch)
    for title, key in (("Import cycles", "cycles"), ("Dead code", "dead_code"), ("Side effects at import", "side_effects"),
                       ("Could not be followed", "not_followed"), ("Could not be read", "unread")):  # fmt: skip
        if sections[key]:
            lines += [
                "",
                f"{title} ({len(sections[key])})",
                *(f"  {_short(row)}" for row in sections[key][:12]),
            ]
    return "\n".join(lines) + "\n"


def _counts(sections: Mapping[str, Any]) -> str:
    modules = sections["modules"]
    total = sum(row["lines"] for row in modules)
    unread = f", {len(sections['unread'])} files could not be read" if sections["unread"] else ""
    return f"{len(modules)} modules, {total:,} lines{unread}"


def _unused_columns(arch: Architecture) -> list[str]:
    reached = {origin.name for origin in arch.flow.reached if origin.kind == "column"}
    read = {row["column"] for row in arch.sections["data_flow"] if row["kind"] == "column"}
    idle = sorted(read - reached)
    return ["", f"Columns read that reach no decision: {', '.join(idle)}"] if idle else []


def _short(row: Any) -> str:
    if isinstance(row, list):
        return " -> ".join(row)
    place = f"{row['file']}:{row['line']}" if "line" in row else row["file"]
    rest = [str(row[key]) for key in ("name", "call", "callee", "why") if key in row]
    return f"{place}  {' '.join(rest)}"
