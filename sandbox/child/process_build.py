"""The person's own dataset: a function that is called at every bar with the bars so far."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child.reasons import Rejection
else:
    from _mendel_reasons import Rejection

_GIVES: dict[str, str] = {
    **dict.fromkeys(("bars", "df", "data", "frame", "dataframe", "candles", "market", "market_data"), "bars"),
    **dict.fromkeys(("ohlcv", "prices"), "ohlcv"),
    **dict.fromkeys(("symbol", "pair", "ticker"), "symbol"),
    **dict.fromkeys(("timestamp", "time", "now"), "timestamp"),
    **dict.fromkeys(("dataset", "markets", "symbols"), ""),
}


def builder_of(reference: str | None, provider: bool, root: str) -> Callable[[Any], Any] | None:
    """What turns our dataset into the person's; None where there is no such function. ``provider``: it is ``[data]
    provider``, which builds datasets only if it must be given something."""
    if reference is None:
        return None
    signals: Any = sys.modules["_mendel_adapter_signals"]
    setting = "data.provider" if provider else "strategy.dataset"
    found = signals.resolve(reference, setting)
    if not callable(found):
        raise Rejection(
            f"{setting} is {reference!r}, a {type(found).__name__}: name a function of the bars so far"
        )
    if provider and signals.positional(found)[0] == 0:
        return None
    names = _given(found, setting, reference)
    code = getattr(inspect.unwrap(found), "__code__", None)
    where = f" ({code.co_filename.removeprefix(root)}:{code.co_firstlineno})" if code else ""

    def build(dataset: Any) -> Any:
        built = found(**{name: dataset if not word else dataset[word] for name, word in names.items()})
        if built is None or isinstance(built, list | tuple | str | int | float):
            kind = "None" if built is None else f"a bare {type(built).__name__}"
            raise Rejection(
                f"{setting} {reference}{where} returned {kind}: return a dict, such as {{'ohlcv': bars}}"
            )
        return built

    return build


def _given(function: Callable[..., Any], setting: str, reference: str) -> Mapping[str, str]:
    """Parameter -> the part of our dataset that it gets: by its name, else the bars first and the symbol second."""
    places = inspect.signature(function).parameters.values()
    required = [p for p in places if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    names: dict[str, str] = {}
    for k, parameter in enumerate(required):
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise Rejection(
                f"{setting} {reference}: parameter {parameter.name!r} cannot be named: leave the / out"
            )
        if parameter.name in _GIVES:
            names[parameter.name] = _GIVES[parameter.name]
        elif parameter.default is parameter.empty:
            if k > 1 or len(names) > k:
                raise Rejection(
                    f"{setting} {reference}: what is parameter {parameter.name!r}? name it bars, ohlcv, symbol, timestamp or dataset"
                )
            names[parameter.name] = ("bars", "symbol")[k]
    return names
