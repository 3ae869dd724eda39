"""What an adapter is: it turns one kind of strategy into an evaluation, and its answer into decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sandbox.host.contracts import Evaluation, Feed, Outcome, Setting, Trace
from tools.contracts import DECISION_COLUMNS, Decisions, Market, MendelError
from tools.system.adapters.capabilities import Capability
from tools.system.system import System


class AdapterError(MendelError):
    """This kind of strategy cannot be run, or its answer is not decisions."""


class NoDecisions(AdapterError):  # noqa: N818 - what a kind of strategy gives
    """A kind of strategy that reports figures was asked for what needs its decisions."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(
            f"mendel.toml: [strategy] kind = {kind!r} reports figures and gives no decisions, without which {what} is not "
            'possible; wrap the strategy as kind = "signals" or "process" (as it is, mendel backtest and the static part of '
            "mendel analyze work)"
        )


class Adapter(Protocol):
    """The trusted half of one kind of strategy. ``capabilities`` names what else it can do: ``overrides``
    (set parameters), ``trace`` (instrumented conditions), ``repeat`` (call again in the same process). ``supports``
    are its rows of the capability table; ``feed`` is how the bars reach its strategies."""

    name: str
    capabilities: frozenset[str]
    supports: tuple[Capability, ...]
    feed: Feed

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


def evaluation_of(
    name: str,
    system: System,
    bundle: str,
    market: Market,
    *,
    overrides: Mapping[str, Setting] | None,
    trace: Trace | None,
    repeat: int,
) -> Evaluation:
    """The evaluation by the adapter ``name`` as most kinds ask it: every column of the market goes in, at once, and every
    decision column is asked for. What a kind asks otherwise it replaces."""
    strategy = system.config.strategy
    return Evaluation(
        bundle=bundle,
        adapter=name,
        target=strategy.target,
        params=strategy.params,
        symbol=market.symbol,
        time=market.time,
        columns=market.columns,
        fields=DECISION_COLUMNS,
        overrides=dict(overrides or {}),
        stubs=tuple(system.config.system.stubs),
        repeat=repeat,
        trace=trace,
        environment=dict(system.config.system.environment),
    )


def as_decisions(market: Market, outcome: Outcome) -> Decisions:
    """An outcome's table, asked for by DECISION_COLUMNS, as read-only Decisions. The sandbox has checked its
    values and filled the columns that the strategy does not have."""
    values = outcome.decisions
    expected = (len(market), len(DECISION_COLUMNS))
    if values is None or values.shape != expected:
        shape = None if values is None else values.shape
        raise AdapterError(
            f"{market.symbol}: decisions of shape {shape} instead of {expected}; return one row a bar"
        )
    values.flags.writeable = False
    return Decisions(market.symbol, values)
