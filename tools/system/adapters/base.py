"""What an adapter is: it turns one kind of strategy into an evaluation, and its answer into decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from sandbox.host.contracts import Evaluation, Outcome, Setting, Trace
from tools.contracts import DECISION_COLUMNS, Decisions, Floats, Market, MendelError
from tools.system.system import System

#: The value of a decision column that a strategy does not return: no entry, whole size, no exit of its own.
ABSENT: Mapping[str, float] = {name: (1.0 if name == "size" else 0.0) for name in DECISION_COLUMNS}
FLAGS = DECISION_COLUMNS[:4]


class AdapterError(MendelError):
    """This kind of strategy cannot be run, or its answer is not decisions."""


class Adapter(Protocol):
    """The trusted half of one kind of strategy. ``capabilities`` names what else it can do: ``overrides``
    (set parameters), ``trace`` (instrumented conditions), ``repeat`` (call again in the same process)."""

    name: str
    capabilities: frozenset[str]

    def evaluation(
        self,
        system: System,
        bundle: str,
        market: Market,
        *,
        overrides: Mapping[str, Setting] | None = None,
        trace: Trace | None = None,
        repeat: int = 1,
    ) -> Evaluation:
        """What to ask the sandbox so that this bundle decides on this market."""
        ...

    def decisions(self, market: Market, outcome: Outcome) -> Decisions:
        """The decisions of an outcome that is ``ok``. Raises AdapterError where its shape is not theirs."""
        ...


def complete_decisions(market: Market, fields: tuple[str, ...], outcome: Outcome) -> Decisions:
    """An outcome's columns in the order of DECISION_COLUMNS, float64 of shape (bars, 9), read-only.

    Columns that the strategy does not have get their ABSENT value; so does NaN, which freqtrade's style of
    ``frame.loc[condition, "enter_long"] = 1`` leaves on every other bar."""
    given = outcome.decisions
    if given is None or given.shape != (len(market), len(fields)):
        shape = None if given is None else given.shape
        raise AdapterError(
            f"{market.symbol}: decisions of shape {shape} for {len(market)} bars; return one row a bar"
        )
    values: Floats = np.empty((len(market), len(DECISION_COLUMNS)))
    for position, name in enumerate(DECISION_COLUMNS):
        known = name in fields and name in outcome.present
        column = given[:, fields.index(name)] if known else np.nan
        values[:, position] = np.where(np.isnan(column), ABSENT[name], column)
    values.flags.writeable = False
    return Decisions(market.symbol, values)
