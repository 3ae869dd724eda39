"""The state that the abstract reading of a program shares between its parts.

The reading evaluates functions on abstract values, following calls with their arguments, so that a helper
used for prices and for volumes is understood apart in each use. It is bounded: contexts a function, depth
and total steps have caps, and what was cut off is recorded, never guessed.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tools.analysis.architecture.program import Function, Program
from tools.analysis.architecture.values import (
    RATIO,
    Constant,
    Gate,
    Origin,
    Shape,
    Value,
    join,
    position,
    wider,
    without_levels,
)
from tools.analysis.source import SourceFile

MAX_CONTEXTS = 24
MAX_CALL_DEPTH = 10
MAX_STEPS = 1_500_000
MAX_VALUES = 8


@dataclass(eq=False)
class Frame:
    """One function being read. ``control`` is what decides whether the current statement runs."""

    file: SourceFile
    function: Function | None
    names: dict[str, Value] = field(default_factory=dict)
    control: Value = field(default_factory=Value)
    returned: list[Value] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Qualified name of the function, or "" at module level."""
        return self.function.name if self.function else ""

    @property
    def owner(self) -> str:
        """The class of the method being read."""
        return self.function.owner if self.function else ""


@dataclass(frozen=True)
class Comparison:
    """A quantity met a limit. ``operator`` is as in source: > >= < <= == != between clip, or offset (+ and -)."""

    file: str
    function: str
    node: ast.expr
    left_node: ast.expr
    right_node: ast.expr
    operator: str
    left: Value
    right: Value


@dataclass(frozen=True)
class Decision:
    """A decision column was written."""

    name: str
    file: str
    line: int
    function: str
    value: Value


@dataclass(frozen=True)
class Opaque:
    """A call that could not be followed though market data went in."""

    file: str
    line: int
    function: str
    callee: str


@dataclass(frozen=True)
class Event:
    """An operation that is wrong on what it was given. ``kind`` is the operation; ``sources`` are the zeroed
    or cumulated origins that make it so."""

    kind: str
    file: str
    function: str
    node: ast.expr
    sources: frozenset[Origin]


class Machine:
    """Shared state, and the entry points that the parts call each other through."""

    def __init__(self, program: Program, columns: Iterable[str]) -> None:
        self.program = program
        self.columns = frozenset(columns)
        self.recording = False
        self.steps = 0
        self.depth = 0
        self.keyed: dict[tuple[str, str], Value] = {}
        self.attributes: dict[tuple[str, str], Value] = {}
        self.memo: dict[tuple[str, tuple[Value, ...]], Value] = {}
        self.contexts: dict[str, int] = defaultdict(int)
        self.active: set[str] = set()
        self.called: set[str] = set()
        self.values: dict[ast.AST, list[Value]] = {}
        self.texts: dict[ast.AST, str] = {}
        self.where: dict[ast.AST, tuple[str, str]] = {}
        self.comparisons: dict[tuple[ast.AST, Value, Value], Comparison] = {}
        self.gates: dict[Gate, Value] = {}
        self.decisions: dict[tuple[str, str, int], Decision] = {}
        self.opaque: dict[tuple[str, int, str], Opaque] = {}
        self.peeks: dict[Origin, ast.AST] = {}
        self.events: dict[tuple[ast.AST, str], Event] = {}
        self.constants: dict[tuple[str, str], Value] = {}

    # The parts, implemented by the classes that Reader is made of.
    def evaluate(self, frame: Frame, node: ast.expr) -> Value:
        """The abstract value of an expression."""
        raise NotImplementedError

    def execute(self, frame: Frame, body: Sequence[ast.stmt]) -> bool:
        """Read statements; True when none of them falls through to what follows."""
        raise NotImplementedError

    def call(self, frame: Frame, node: ast.Call) -> Value:
        """The abstract value of a call."""
        raise NotImplementedError

    def invoke(self, function: Function, arguments: dict[str, Value]) -> Value:
        """What a function of the program returns on these arguments."""
        raise NotImplementedError

    def store(self, frame: Frame, target: ast.expr, value: Value) -> None:
        """Assign to a name, attribute, column or element."""
        raise NotImplementedError

    def origin(self, frame: Frame, kind: str, name: str, node: ast.AST) -> Origin:
        """An origin at a node."""
        line, column = position(node)
        return Origin(kind, name, frame.file.path, line, column, frame.name)

    def peek(self, frame: Frame, kind: str, node: ast.AST) -> Origin:
        """An origin that stands for a look at later bars, remembered with its node."""
        origin = self.origin(frame, "peek", kind, node)
        self.peeks[origin] = node
        return origin

    def sensitive(self, frame: Frame, kind: str, node: ast.expr, *values: Value) -> None:
        """An operation that zeroed levels or the origin of a running total would spoil."""
        wanted = ("zeroed", "cumulated")
        scaled = [value for value in values if value.unit is not None and value.unit.scaled]
        sources = frozenset(o for value in scaled for o in value.origins if o.kind in wanted)
        if sources and self.recording:
            self.events.setdefault((node, kind), Event(kind, frame.file.path, frame.name, node, sources))

    def record(self, frame: Frame, node: ast.AST, value: Value) -> None:
        """Keep a node's value for the detectors."""
        known = self.values.setdefault(node, [])
        if len(known) < MAX_VALUES and value not in known:
            known.append(value)
            self.where[node] = (frame.file.path, frame.name)

    def remember(self, frame: Frame, key: str, value: Value) -> None:
        """A table's column was assigned under ``key``."""
        for place in (frame.file.path, ""):
            old = self.keyed.get((place, key))
            self.keyed[place, key] = value if old is None else join(old, value)

    def recall(self, frame: Frame, key: str) -> Value | None:
        """What was assigned under ``key`` in this file, else anywhere."""
        return self.keyed.get((frame.file.path, key)) or self.keyed.get(("", key))

    def compared(
        self,
        frame: Frame,
        node: ast.expr,
        operator: str,
        left: tuple[ast.expr, Value],
        right: tuple[ast.expr, Value],
    ) -> Value:
        """The outcome of a comparison: a ratio that carries both sides and the gate itself."""
        line, column = position(node)
        if node not in self.texts:
            self.texts[node] = frame.file.segment(node)
        gate = Gate(frame.file.path, line, column, self.texts[node])
        both = combine(left[1], right[1])
        for here, there in ((left[1], right[1]), (right[1], left[1])):
            if there.constant is not None:
                self.sensitive(frame, "level", node, replace(here, origins=here.anchors))
        if self.recording:
            self.limited(frame, node, operator, left, right)
            known = self.gates.get(gate)
            self.gates[gate] = both if known is None else join(known, both)
        return Value(
            RATIO, without_levels(both.origins), both.gates | {gate}, None, both.shape, pending=both.pending
        )

    def limited(
        self,
        frame: Frame,
        node: ast.expr,
        operator: str,
        left: tuple[ast.expr, Value],
        right: tuple[ast.expr, Value],
    ) -> None:
        """Keep, for the detectors, that two values met."""
        if self.recording:
            place = (frame.file.path, frame.name)
            item = Comparison(*place, node, left[0], right[0], operator, left[1], right[1])
            self.comparisons.setdefault((node, left[1], right[1]), item)

    def decide(self, frame: Frame, name: str, node: ast.AST, value: Value) -> None:
        """A decision was written under the current control."""
        value = value.tainted(frame.control)
        key = (name, frame.file.path, position(node)[0])
        old = self.decisions.get(key)
        if old is not None:
            value = join(old.value, value)
        self.decisions[key] = Decision(name, frame.file.path, key[2], frame.name, value)


def literal(frame: Frame, node: ast.expr, value: float | None) -> Value:
    """A number in the source."""
    constant = Constant(value, "literal", "", frame.file.path, position(node)[0])
    return Value(RATIO, constant=constant, shape=Shape.SCALAR)


def _of_a_bar(value: Value) -> bool:
    """Whether this is one bar's number, as a loop over the bars sees it."""
    return value.shape is Shape.SCALAR and any(origin.kind == "column" for origin in value.origins)


def combine(left: Value, right: Value) -> Value:
    """Both values at once, elementwise: whole-sample numbers that meet a series become look-ahead."""
    shape = wider(left.shape, right.shape)
    origins, pending = left.origins | right.origins, left.pending | right.pending
    if pending and (
        shape in (Shape.SERIES, Shape.COARSE, Shape.WINDOW) or _of_a_bar(left) or _of_a_bar(right)
    ):
        origins, pending = origins | pending, frozenset()
    return Value(None, origins, left.gates | right.gates, None, shape, pending=pending)
