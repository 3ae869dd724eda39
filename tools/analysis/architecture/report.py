"""The architecture of a system: the value, its JSON and its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.analysis.architecture.data_settings import data_texts, describe_data_settings
from tools.analysis.architecture.excepts import broad_excepts
from tools.analysis.architecture.flow import Flow, read_flow
from tools.analysis.architecture.foreign import foreign_imports
from tools.analysis.architecture.hygiene import mutated_globals, side_effects, wall_clock
from tools.analysis.architecture.magic import magic_numbers
from tools.analysis.architecture.modules import (
    describe_modules,
    entry_points,
    import_cycles,
    reachable_files,
)
from tools.analysis.architecture.performance import performance_smells
from tools.analysis.architecture.program import Program
from tools.analysis.architecture.redundancy import dead_code, duplicates
from tools.analysis.architecture.settings import collect_reads, describe_environment, describe_settings
from tools.analysis.source import SourceTree

Row = dict[str, Any]
SECTIONS = (
    "modules", "entry_points", "cycles", "data_flow", "decisions", "settings", "environment", "dead_code",
    "duplicates", "side_effects", "wall_clock", "globals", "broad_excepts", "magic_numbers", "performance",
    "imports", "not_followed", "unread",
)  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """What ``analyze_architecture`` read. ``sections`` is JSON; ``program`` and ``flow`` serve the detectors.
    ``relevant`` are the files that the strategy and its settings import (all product files where the target is unknown)."""

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
    console scripts, and data files with settings. What could not be followed is listed under ``not_followed`` and ``unread``."""
    program = Program(tree, params)
    relevant = reachable_files(tree, target)
    if params:  # the class of the settings need not be imported by who is handed one of it
        relevant |= reachable_files(tree, params) if tree.by_module(params.partition(":")[0]) else frozenset()
    flow = read_flow(program, columns, target, relevant)
    reads = collect_reads(program)
    sections: dict[str, Any] = {
        "modules": describe_modules(tree),
        "entry_points": entry_points(program, target, other_files or {}),
        "cycles": import_cycles(tree),
        "data_flow": flow.rows(),
        "decisions": _decisions(flow),
        "settings": [
            *describe_settings(program, reads, params),
            *describe_data_settings(data_texts(other_files or {}, tree), reads),
        ],
        "environment": describe_environment(program),
        "dead_code": dead_code(program, reads, target),
        "duplicates": duplicates(program),
        "side_effects": side_effects(program),
        "wall_clock": wall_clock(program),
        "globals": mutated_globals(program),
        "broad_excepts": broad_excepts(program),
        "magic_numbers": magic_numbers(program, flow),
        "performance": performance_smells(program),
        "imports": foreign_imports(program),
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
