"""Which adapter runs which ``[strategy] kind``."""

from __future__ import annotations

from collections.abc import Callable

from tools.system.adapters.backtesting import BacktestingAdapter
from tools.system.adapters.base import Adapter, AdapterError, NoDecisions
from tools.system.adapters.command import CommandAdapter
from tools.system.adapters.freqtrade import FreqtradeAdapter
from tools.system.adapters.process import ProcessAdapter
from tools.system.adapters.signals import SignalsAdapter
from tools.system.system import System

_BUILT: dict[str, Callable[[], Adapter]] = {
    "signals": SignalsAdapter,
    "freqtrade": FreqtradeAdapter,
    "backtesting": BacktestingAdapter,
    "process": ProcessAdapter,
    "command": CommandAdapter,
}


def every_adapter() -> list[Adapter]:
    """One of each, for the table of what they can do."""
    return [built() for built in _BUILT.values()]


def adapter_for(kind: str) -> Adapter:
    """The adapter of a ``[strategy] kind``. Raises AdapterError for one that cannot be run yet."""
    if kind not in _BUILT:
        usable = ", ".join(repr(name) for name in _BUILT)
        raise AdapterError(
            f"mendel.toml: [strategy] kind = {kind!r}: cannot be run yet; wrap the strategy as kind = {usable}"
        )
    return _BUILT[kind]()


def reporter_for(system: System) -> CommandAdapter | None:
    """The adapter of a system whose strategy reports figures instead of deciding; None for all others."""
    adapter = adapter_for(system.config.strategy.kind)
    return adapter if isinstance(adapter, CommandAdapter) else None


def need_decisions(system: System, what: str) -> None:
    """Raises NoDecisions where the system's kind of strategy gives none; ``what`` is what asks for them."""
    if reporter_for(system) is not None:
        raise NoDecisions(system.config.strategy.kind, what)
