"""The data flow of a program: two readings of every function, the second recorded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.analysis.architecture.columns import PLAIN_DECISIONS
from tools.analysis.architecture.machine import Comparison, Decision, Event, Frame, Opaque
from tools.analysis.architecture.program import Function, Program
from tools.analysis.architecture.statements import Reader
from tools.analysis.architecture.values import Gate, Origin, Origins, Value


@dataclass(frozen=True)
class Flow:
    """What was found. ``values`` maps an expression to the abstract values it had; ``where`` to its file
    and function. ``peeks`` are looks at later bars with their nodes; ``reached`` every origin that some
    decision depends on."""

    comparisons: tuple[Comparison, ...]
    decisions: tuple[Decision, ...]
    gates: Mapping[Gate, Value]
    opaque: tuple[Opaque, ...]
    values: Mapping[ast.AST, list[Value]]
    where: Mapping[ast.AST, tuple[str, str]]
    peeks: Mapping[Origin, ast.AST]
    events: tuple[Event, ...]
    reached: Origins
    called: frozenset[str]

    def rows(self) -> list[dict[str, object]]:
        """One row for each place where a column or a setting is read, with the decisions it reaches."""
        reach: dict[Origin, tuple[set[str], set[str]]] = {}
        for decision in self.decisions:
            for origin in decision.value.origins:
                names, via = reach.setdefault(origin, (set(), set()))
                names.add(decision.name)
                via.update(self._via(origin, decision.value.gates))
        read = {origin for known in self.values.values() for value in known for origin in value.origins}
        merged: dict[tuple[str, int, str, str, str], tuple[set[str], set[str]]] = {}
        for origin in sorted(read | set(reach)):
            if origin.kind in ("column", "setting"):
                key = (origin.file, origin.line, origin.name, origin.kind, origin.function)
                names, via = merged.setdefault(key, (set(), set()))
                names |= reach.get(origin, (set(), set()))[0]
                via |= reach.get(origin, (set(), set()))[1]
        return [_row(*key, names, via) for key, (names, via) in merged.items()]

    def _via(self, origin: Origin, gates: Iterable[Gate]) -> Iterable[str]:
        for gate in gates:
            if gate in self.gates and origin in self.gates[gate].origins:
                yield f"{gate.file}:{gate.line}: {gate.text}"


def _row(
    file: str, line: int, name: str, kind: str, function: str, names: set[str], via: set[str]
) -> dict[str, object]:
    return {
        "column": name,
        "kind": kind,
        "file": file,
        "line": line,
        "function": function,
        "reaches": sorted(names),
        "via": sorted(via),
    }


def read_flow(program: Program, columns: Iterable[str], target: str | None, relevant: frozenset[str]) -> Flow:
    """Read every function of the product. ``columns`` are the market's own column names. Only what the
    ``relevant`` files write counts as a decision: a chart may use the same words."""
    reader = Reader(program, columns)
    for recording in (False, True):
        reader.recording = recording
        reader.memo.clear()
        reader.contexts.clear()
        reader.constants.clear()
        reader.steps = 0
        _read_all(reader, program, target)
    decisions = _decisions(reader, target, relevant)
    reached = frozenset(origin for item in decisions for origin in item.value.origins)
    return Flow(
        tuple(reader.comparisons.values()),
        tuple(sorted(decisions, key=lambda d: (d.file, d.line, d.name))),
        reader.gates,
        tuple(item for item in reader.opaque.values() if item.file in relevant),
        reader.values,
        reader.where,
        reader.peeks,
        tuple(reader.events.values()),
        reached,
        frozenset(reader.called),
    )


def _decisions(reader: Reader, target: str | None, relevant: frozenset[str]) -> list[Decision]:
    """What the relevant files decide. Without a target, words like "size" count only beside an entry."""
    found = [item for item in reader.decisions.values() if item.file in relevant]
    if target:
        return found
    files = {item.file for item in found if item.name in PLAIN_DECISIONS}
    return [item for item in found if item.file in files]


def _read_all(reader: Reader, program: Program, target: str | None) -> None:
    """Module bodies, then functions: first those that nobody was seen calling (the roots of the flow)."""
    for file in program.tree.product():
        _guarded(reader, Frame(file, None), file.tree.body)
    functions = [function for function in program.functions() if not function.file.is_test]
    name = (target or "").partition(":")[2]
    functions.sort(key=lambda f: (f.node.name != name and f.owner != name, f.owner == ""))
    roots = [function for function in functions if function.key not in reader.called]
    for function in [*roots, *(f for f in functions if f not in roots)]:
        if not reader.contexts[function.key]:
            _invoke(reader, function)


def _invoke(reader: Reader, function: Function) -> None:
    try:
        reader.invoke(function, {})
    except RecursionError:
        reader.active.clear()
        reader.depth = 0


def _guarded(reader: Reader, frame: Frame, body: list[ast.stmt]) -> None:
    try:
        reader.execute(frame, body)
    except RecursionError:
        item = Opaque(frame.file.path, 1, "", "module body too deep to read")
        reader.opaque[item.file, item.line, item.callee] = item
