"""The tracer inside the child: counts, samples, forces and replays the outcomes of instrumented conditions.

It runs in the hostile process, so nothing that it reports is a proof: the host only uses its figures to
suggest, and convicts with decisions of its own re-runs. Only floats leave: see ``TRACE_*`` in the host's
contracts for the layout of a slot.

Header words: 0 calls, 1 evaluated, 2 true, 3 left side NaN, 4 any array call, 5 samples written, 6 sampling
stride, 7 left side array, 8 right side array, 9 not boolean, 10 length of the last array call, 11 outcomes that were put
to a bar by counting.
"""

from __future__ import annotations

import builtins
import operator
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

HEADER, SAMPLES = 16, 256
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class Tracer:
    """Holds one run's counters. ``stats`` is float64 (slots, HEADER + 3 * SAMPLES), shared with the host."""

    def __init__(
        self,
        forced: Mapping[int, bool],
        replay: Mapping[int, Any],
        record: tuple[int, ...],
        stats: Any,
        series: Mapping[int, Any],
        bars: int = 0,
    ) -> None:
        self.forced, self.replay, self.series = dict(forced), dict(replay), dict(series)
        self.record = frozenset(record)
        self.rows: list[Any] = [memoryview(row) for row in stats]
        self.cursor: dict[int, int] = {}
        self.bars, self.at = (
            bars,
            -1,
        )  # how many bars; the one that a loop over them stands at, -1 outside of such a loop
        self.special = set(self.forced) | set(self.replay) | self.record
        for row in self.rows:
            row[6] = 1.0

    def compare(self, slot: int, op: str, left: Any, right: Any) -> Any:
        """``left op right``, seen and perhaps overruled."""
        return self._seen(slot, OPERATORS[op](left, right), left, right)

    def method(self, slot: int, name: str, left: Any, right: Any) -> Any:
        """``left.gt(right)`` and its kin."""
        return self._seen(slot, getattr(left, name)(right), left, right)

    def function(self, slot: int, call: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        """``np.greater(left, right)`` and its kin."""
        return self._seen(slot, call(left, right), left, right)

    def gate(self, slot: int, value: Any) -> Any:
        """A combination of conditions; anything that is not boolean passes through untouched."""
        kind = getattr(value, "dtype", None)
        if value is True or value is False or kind == np.bool_:
            return self._seen(slot, value, None, None)
        self.rows[slot][9] = 1.0
        return value

    def test(self, slot: int, value: Any) -> Any:
        """What an ``if`` looks at: any scalar counts by its truth; an array is left to fail as it would."""
        if hasattr(value, "__len__") and not isinstance(value, (str, bytes, list, tuple, dict, set)):
            return value
        return self._seen(slot, bool(value), None, None)

    def vector(self, slot: int, value: Any) -> Any:
        """``x.between(a, b)``, ``~x`` and their kin: seen where it is true or false for each bar, else passed through."""
        return self._seen(slot, value, None, None) if _as_bools(value) is not None else self.gate(slot, value)

    def query(self, slot: int, frame: Any, text: str) -> Any:
        """``frame.query(text)``: the rows at which the text holds, seen and perhaps overruled."""
        held = frame.eval(text)
        return frame[self._seen(slot, held, None, None)] if _as_bools(held) is not None else frame.query(text)

    def steps(self, values: Any) -> Any:
        """What a loop goes over. Where outcomes are wanted by bar, the outermost loop that is as long as the bars says at
        which of them it stands."""
        if not self.bars or self.at >= 0:
            return values
        length = operator.length_hint(values, self.bars)
        return self._stepped(values) if self.bars // 2 <= length <= self.bars + 1 else values

    def _stepped(self, values: Any) -> Any:
        numbers = isinstance(values, range) or getattr(getattr(values, "dtype", None), "kind", "?") in "iu"
        pairs = isinstance(values, enumerate)
        try:
            for count, value in enumerate(values):
                at = int(value[0]) if pairs else int(value) if numbers else count
                self.at = at if 0 <= at < self.bars else -1
                yield value
        finally:
            self.at = -1

    def _seen(self, slot: int, outcome: Any, left: Any, right: Any) -> Any:
        if outcome is True or outcome is False or isinstance(outcome, np.bool_):
            return self._scalar(slot, bool(outcome), left, right)
        flat = _as_bools(outcome)
        if flat is None:
            self.rows[slot][9] = 1.0
            return outcome
        return self._array(slot, outcome, flat, left, right)

    def _scalar(self, slot: int, outcome: bool, left: Any, right: Any) -> bool:
        row = self.rows[slot]
        if slot in self.special:
            outcome = self._overrule_scalar(slot, outcome)
        n = row[1]
        row[0] += 1.0
        row[1] = n + 1.0
        if outcome:
            row[2] += 1.0
        if left is not None and n % row[6] == 0.0:
            self._sample(row, left, right, outcome)
        return outcome

    def _sample(self, row: Any, left: Any, right: Any, outcome: bool) -> None:
        at = int(row[5])
        if at == SAMPLES:  # full: keep every other one and look half as often
            for run in range(3):
                base = HEADER + run * SAMPLES
                for k in range(SAMPLES // 2):
                    row[base + k] = row[base + 2 * k]
            row[6] *= 2.0
            at = SAMPLES // 2
            if (row[1] - 1.0) % row[6] != 0.0:
                row[5] = at
                return
        lhs, rhs = _number(left), _number(right)
        if lhs != lhs:
            row[3] += 1.0
        row[HEADER + at] = lhs
        row[HEADER + SAMPLES + at] = rhs
        row[HEADER + 2 * SAMPLES + at] = 1.0 if outcome else 0.0
        row[5] = at + 1

    def _overrule_scalar(self, slot: int, outcome: bool) -> bool:
        at = self.cursor.get(slot, 0)
        self.cursor[slot] = at + 1
        if slot in self.forced:
            outcome = self.forced[slot]
        elif slot in self.replay and at < len(self.replay[slot]) and self.replay[slot][at] >= 0:
            outcome = bool(self.replay[slot][at])
        if slot in self.record:
            if self.bars:
                self._at_bar(slot, at, outcome)
            elif at < len(self.series[slot]):
                self.series[slot][at] = float(outcome)
        return outcome

    def _at_bar(self, slot: int, count: int, outcome: bool) -> None:
        """Outside of a loop over bars the count of the evaluations stands in for the bar: word 11 says how often. Asked
        several times at a bar, a condition held there if it held once."""
        bar = self.at
        if bar < 0:
            bar = count
            self.rows[slot][11] += 1.0
        if bar < self.bars:
            run = self.series[slot]
            run[bar] = 1.0 if outcome or run[bar] == 1.0 else 0.0

    def _array(self, slot: int, outcome: Any, flat: Any, left: Any, right: Any) -> Any:
        row = self.rows[slot]
        if slot in self.special:
            changed = self._overrule_array(slot, flat)
            if changed is not flat:
                outcome, flat = _like(outcome, changed), changed
        first = row[0] == 0.0
        row[0] += 1.0
        row[1] += float(flat.size)
        row[2] += float(np.count_nonzero(flat))
        row[4], row[10] = 1.0, float(flat.size)
        if first and left is not None and flat.size:
            self._sample_array(row, flat, left, right)
        return outcome

    def _sample_array(self, row: Any, flat: Any, left: Any, right: Any) -> None:
        n = flat.size
        at = np.unique(np.linspace(0, n - 1, min(SAMPLES, n)).astype(np.int64))
        lhs, rhs = _numbers(left, n), _numbers(right, n)
        row[3] += float(np.count_nonzero(np.isnan(lhs)))
        row[7], row[8] = float(np.ndim(left) > 0), float(np.ndim(right) > 0)
        view = np.asarray(row)
        for run, values in enumerate((lhs, rhs, flat)):
            base = HEADER + run * SAMPLES
            view[base : base + at.size] = values[at]
        row[5] = float(at.size)

    def _overrule_array(self, slot: int, flat: Any) -> Any:
        at = self.cursor.get(slot, 0)
        self.cursor[slot] = at + flat.size
        if slot in self.forced:
            flat = np.full(flat.shape, self.forced[slot])
        elif slot in self.replay:
            wanted = np.asarray(self.replay[slot][at : at + flat.size])
            mixed = flat.copy()
            known = wanted >= 0
            mixed[: wanted.size][known] = wanted[known] > 0
            flat = mixed
        if slot in self.record and self.bars:
            if flat.size == self.bars:
                self.series[slot][: self.bars] = flat
        elif slot in self.record:
            room = max(0, len(self.series[slot]) - at)
            self.series[slot][at : at + min(room, flat.size)] = flat[:room]
        return flat


def _as_bools(value: Any) -> Any:
    kind = getattr(value, "dtype", None)
    if kind is None:  # a DataFrame has dtypes; anything else is not a condition
        dtypes = getattr(value, "dtypes", None)
        if dtypes is None or not all(d == np.bool_ for d in dtypes):
            return None
        return np.asarray(value).ravel()
    if kind == np.bool_:
        return np.asarray(value).ravel()
    if str(kind) == "boolean":  # pandas' nullable kind: unknown is not true
        return np.asarray(value.fillna(False), dtype=np.bool_).ravel()
    return None


def _like(original: Any, flat: Any) -> Any:
    """``flat`` in the clothes of ``original`` (Series, frame or array)."""
    shaped = flat.reshape(np.shape(original))
    if hasattr(original, "columns"):
        return type(original)(shaped, index=original.index, columns=original.columns)
    if hasattr(original, "index"):
        return type(original)(shaped, index=original.index, name=original.name)
    return shaped


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _numbers(value: Any, n: int) -> Any:
    try:
        flat = np.asarray(value, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return np.full(n, np.nan)
    return flat if flat.size == n else np.full(n, flat[0] if flat.size == 1 else np.nan)


def install(
    slots: int,
    forced: Mapping[int, bool],
    replay: Mapping[int, Any],
    record: tuple[int, ...],
    stats: Any,
    series: Mapping[int, Any],
    bars: int = 0,
) -> types.ModuleType:
    """Make the names that instrumented source calls. Returns the module for ``sys.modules``. With ``bars`` the recorded
    outcomes go to the bar that they were asked for."""
    if len(stats) != slots:
        raise ValueError(f"{slots} slots asked for, room for {len(stats)}")
    tracer = Tracer(forced, replay, record, stats, series, bars)
    module = types.ModuleType("_mendel_trace")
    for name in ("compare", "method", "function", "gate", "test", "vector", "query", "steps"):
        setattr(module, name, getattr(tracer, name))
        setattr(builtins, f"_mendel_{name}", getattr(tracer, name))
    return module
