"""What the data-flow reading knows about a value: its unit, where it came from, the conditions it passed.

A unit is a pair of exponents: how the value scales when the market is made k times busier (``amount``) and
when the price is quoted k times higher (``price``). Volume is (1, 0), a price (0, 1), turnover (1, 1), a
ratio (0, 0). ``log`` marks a logarithm: it shifts instead of scaling, and its differences are ratios.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple


class Unit(NamedTuple):
    """Scaling exponents. ``mixed`` = paths disagree: nothing may be concluded."""

    amount: float
    price: float
    log: bool = False
    mixed: bool = False

    @property
    def scaled(self) -> bool:
        """Whether the value changes when the market's size or price does."""
        return not self.mixed and (self.amount != 0 or self.price != 0)


RATIO = Unit(0, 0)
PRICE = Unit(0, 1)
BASE = Unit(1, 0)
QUOTE = Unit(1, 1)
MIXED = Unit(0, 0, mixed=True)


class Shape(StrEnum):
    """What a value is over the bars."""

    UNKNOWN = "unknown"
    SCALAR = "scalar"
    SERIES = "series"  # one value a bar
    WINDOW = "window"  # rolling, ewm, expanding, groupby: its aggregates are series again
    SLICE = "slice"  # some of the bars
    AGGREGATE = "aggregate"  # one number out of all bars: harmless until it meets a series
    REVERSED = "reversed"
    RESAMPLER = "resampler"
    COARSE = "coarse"  # longer bars labelled by their open, not yet delayed


class Origin(NamedTuple):
    """Where a value was read. ``kind`` is column, setting, environment, clock, random, peek
    (a look at later bars), zeroed (missing made 0) or cumulated (a running total)."""

    kind: str
    name: str
    file: str
    line: int
    column: int
    function: str


class Gate(NamedTuple):
    """A comparison that a value passed."""

    file: str
    line: int
    column: int
    text: str


class Constant(NamedTuple):
    """A number and where it lives. ``kind`` is literal, local, module, setting, default or table."""

    value: float | None
    kind: str
    name: str
    file: str
    line: int


Origins = frozenset[Origin]
Gates = frozenset[Gate]


@dataclass(frozen=True, slots=True)
class Value:
    """An abstract value. ``unit`` None = not known. ``owner`` is the program class of an instance.
    ``pending`` are whole-sample reads that become look-ahead once they are combined with a series."""

    unit: Unit | None = None
    origins: Origins = frozenset()
    gates: Gates = frozenset()
    constant: Constant | None = None
    shape: Shape = Shape.UNKNOWN
    owner: str = ""
    items: tuple[Value, ...] = ()
    pending: Origins = frozenset()

    def of(self, unit: Unit | None, shape: Shape | None = None) -> Value:
        """The same sources with another unit and, perhaps, shape; no longer a constant."""
        return Value(unit, self.origins, self.gates, None, shape or self.shape, pending=self.pending)

    def tainted(self, other: Value) -> Value:
        """This value, depending on ``other`` as well (control flow). What is wrong with the other's level
        is not wrong with this one's."""
        if other.origins <= self.origins and other.gates <= self.gates:
            return self
        origins = without_levels(other.origins)
        return replace(self, origins=self.origins | origins, gates=self.gates | other.gates)

    @property
    def anchors(self) -> Origins:
        """Running totals in this value, whose level depends on where the data starts."""
        return frozenset(origin for origin in self.origins if origin.kind == "cumulated")

    def settled(self) -> Value:
        """This value once the start of its running totals cancelled out (a difference, a deviation)."""
        anchors = self.anchors
        return replace(self, origins=self.origins - anchors) if anchors else self

    def peeking(self, origin: Origin) -> Value:
        """This value, known to have looked at later bars."""
        return replace(self, origins=self.origins | {origin})


UNKNOWN = Value()
DIMENSIONLESS = Value(unit=RATIO, shape=Shape.SCALAR)

_RANK = (
    Shape.UNKNOWN, Shape.SCALAR, Shape.AGGREGATE, Shape.SLICE, Shape.WINDOW, Shape.RESAMPLER,
    Shape.REVERSED, Shape.SERIES, Shape.COARSE,
)  # fmt: skip
_ORDER = {shape: rank for rank, shape in enumerate(_RANK)}


def without_levels(origins: Origins) -> Origins:
    """Origins but the marks on a level (zeroed, cumulated): a truth value has no level."""
    marked = frozenset(origin for origin in origins if origin.kind in ("zeroed", "cumulated"))
    return origins - marked if marked else origins


def wider(left: Shape, right: Shape) -> Shape:
    """The shape of an elementwise combination."""
    return left if _ORDER[left] >= _ORDER[right] else right


def same_unit(left: Value, right: Value) -> Unit | None:
    """The unit of a sum or a choice: constants and unknowns adopt the other side's."""
    if left.constant is not None or left.unit is None:
        return right.unit if not (right.constant is not None and left.unit is not None) else left.unit
    if right.constant is not None or right.unit is None or left.unit == right.unit:
        return left.unit
    return MIXED


def join(left: Value, right: Value) -> Value:
    """Either of two values."""
    if left == right or right == UNKNOWN:
        return left
    if left == UNKNOWN:
        return right
    constant = left.constant if left.constant is not None and right.constant is not None else None
    items: tuple[Value, ...] = ()
    if len(left.items) == len(right.items):
        items = tuple(join(a, b) for a, b in zip(left.items, right.items, strict=True))
    return Value(
        same_unit(left, right),
        left.origins | right.origins,
        left.gates | right.gates,
        constant,
        wider(left.shape, right.shape),
        left.owner or right.owner,
        items,
        left.pending | right.pending,
    )


def multiply(left: Value, right: Value, sign: int) -> Unit | None:
    """The unit of a product (``sign`` 1) or quotient (-1). A constant factor changes nothing."""
    if right.constant is not None:
        return left.unit
    a, b = (RATIO if left.constant is not None else left.unit), right.unit
    if a is None or b is None:
        return None
    if a.mixed or b.mixed or a.log or b.log:
        return a if b == RATIO else MIXED
    return Unit(a.amount + sign * b.amount, a.price + sign * b.price)


def add(left: Value, right: Value, subtracting: bool) -> Unit | None:
    """The unit of a sum or difference; a difference of logarithms is a ratio."""
    unit = same_unit(left, right)
    both = left.constant is None and right.constant is None
    if subtracting and both and unit is not None and unit.log and left.unit == right.unit:
        return RATIO
    return unit


def power(unit: Unit | None, exponent: float | None) -> Unit | None:
    """The unit of a power with a constant exponent."""
    if unit is None or unit == RATIO or unit.mixed:
        return unit
    if exponent is None or unit.log:
        return MIXED
    return Unit(unit.amount * exponent, unit.price * exponent)


def position(node: ast.AST) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of a node."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
