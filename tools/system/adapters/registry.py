"""Which adapter runs which ``[strategy] kind``."""

from __future__ import annotations

from collections.abc import Callable

from tools.system.adapters.base import Adapter, AdapterError
from tools.system.adapters.backtesting import BacktestingAdapter
from tools.system.adapters.freqtrade import FreqtradeAdapter
from tools.system.adapters.process import ProcessAdapter
from tools.system.adapters.signals import SignalsAdapter

_BUILT: dict[str, Callable[[], Adapter]] = {
    "signals": SignalsAdapter,
    "freqtrade": FreqtradeAdapter,
    "backtesting": BacktestingAdapter,
    "process": ProcessAdapter,
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
