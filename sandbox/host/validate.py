"""The trusted side's look at what a child left behind: in range, or a typed rejection. Never a repair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sandbox.host.contracts import Floats

#: The one field of a lone module: the position that it wants, as a signed fraction of equity.
POSITION = "position"
SIGNALS = ("enter_long", "exit_long", "enter_short", "exit_short")
_DEFAULTS = {"size": 1.0}
_MAX_TARGET = 10.0


def table(columns: Floats, fields: tuple[str, ...], present: tuple[str, ...]) -> Floats:
    """(fields, bars) as it was delivered -> (bars, fields), with the default (size 1, everything else 0) in
    the columns that the strategy did not return."""
    decisions = np.empty((columns.shape[1], len(fields)))
    for k, name in enumerate(fields):
        decisions[:, k] = columns[k] if name in present else _DEFAULTS.get(name, 0.0)
    return decisions


def why_not(columns: Mapping[str, Floats], first_bar: int = 0) -> str | None:
    """One line about the first value that is out of range; None if all of them are fine. ``first_bar`` is the
    number of the bar that the columns start with."""
    for name, values in columns.items():
        wrong = _wrong(name, values)
        if wrong.any():
            at = int(np.argmax(wrong))
            return _words(name, float(values[at]), first_bar + at)
    return None


def _wrong(name: str, values: Floats) -> NDArray[np.bool_]:
    finite: NDArray[np.bool_] = np.isfinite(values)
    return ~(finite & _in_range(name, values))


def _in_range(name: str, values: Floats) -> NDArray[np.bool_]:
    if name in SIGNALS:
        return np.asarray((values == 0.0) | (values == 1.0))
    if name == POSITION:
        return np.asarray(np.abs(values) <= 1.0)
    low_enough = {
        "size": values <= 1.0,
        "target": values <= _MAX_TARGET,
        "stop": values < 1.0,
        "trail": values < 1.0,
    }
    known = name in low_enough or name == "max_bars"
    return (
        np.asarray((values >= 0.0) & low_enough.get(name, True)) if known else np.ones(len(values), np.bool_)
    )


def _words(name: str, value: float, bar: int) -> str:
    short = f"{value:.6g}"  # unless it hides by how little it is outside
    got = f"got {short if not np.isfinite(value) or abs(float(short)) > 1.0 else repr(value)} at bar {bar}"
    if not np.isfinite(value):
        return f"{name} must be a number on every bar, {got}"
    if name in SIGNALS:
        return f"{name} must be 0 or 1, {got}"
    if name == POSITION:
        return f"position must lie between -1 and 1, {got}"
    if name == "size":
        return f"size must be a fraction of equity between 0 and 1, {got}"
    if name == "max_bars":
        return f"max_bars must be a count of bars, {got}"
    hint = ": looks like a price level" if value > _MAX_TARGET else ""
    return f"{name} must be a fraction of the entry price, {got}{hint}"
