"""Mendel's own: a strategy's parameters and what its class says of exits."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .exceptions import OperationalException
from .strategy.interface import IStrategy
from .strategy.parameters import BaseParameter

#: Numbers of the class that may be set beside its parameters.
NUMBERS = ("stoploss", "trailing_stop_positive", "trailing_stop_positive_offset")
_SPACES = ("buy_params", "sell_params", "enter_params", "exit_params", "entry_params", "protection_params")


def settle(strategy: IStrategy, overrides: Mapping[str, Any], beside: str) -> None:
    """Parameters of the instance's own: defaults, then the class's ``buy_params`` and the like, then the file that
    hyperopt leaves ``beside`` the strategy, then ``overrides``. Raises OperationalException for unknown names."""
    known = {name: copy.copy(value) for name, value in strategy.parameters().items()}
    stored, rest = _from_file(beside, strategy.get_strategy_name())
    for name, parameter in known.items():
        for space in _SPACES:
            chosen = getattr(strategy, space, None) or {}
            if parameter.load and name in chosen:
                parameter.value = chosen[name]
        if parameter.load and name in stored:
            parameter.value = stored[name]
        parameter.name = name
        setattr(strategy, name, parameter)
    for name, value in {**rest, **overrides}.items():
        _set(strategy, known, name, value)


def _set(strategy: IStrategy, known: Mapping[str, BaseParameter], name: str, value: Any) -> None:
    if name in known:
        try:
            known[name].value = known[name].taken(value)
        except (TypeError, ValueError) as error:
            raise OperationalException(f"parameter {name}: {error}") from None
    elif (
        name in NUMBERS
        or name in ("minimal_roi", "trailing_stop", "trailing_only_offset_is_reached")
        or _own_number(strategy, name)
    ):
        setattr(strategy, name, value)
    else:
        has = ", ".join([*known, *NUMBERS])
        raise OperationalException(f"the strategy has no parameter {name!r}: it has {has}")


def _own_number(strategy: IStrategy, name: str) -> bool:
    """Whether it is a plain number that the class keeps as an attribute of its own."""
    value = getattr(type(strategy), name, None)
    return isinstance(value, (bool, int, float)) and not hasattr(IStrategy, name)


def _from_file(path: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, attributes) of the JSON file that hyperopt writes; nothing where there is none."""
    file = Path(path)
    if not file.is_file():
        return {}, {}
    document = json.loads(file.read_text(encoding="utf-8"))
    if document.get("strategy_name") != name:
        return {}, {}
    params = document.get("params", {})
    rest = {**params.get("stoploss", {}), **params.get("trailing", {})}
    if params.get("roi"):
        rest["minimal_roi"] = params["roi"]
    chosen = {
        k: v
        for space, values in params.items()
        if space not in ("roi", "stoploss", "trailing")
        for k, v in values.items()
    }
    return chosen, {key: value for key, value in rest.items() if hasattr(strategy_class(), key)}


def strategy_class() -> type[IStrategy]:
    """The root of all strategies."""
    return IStrategy


def facts(strategy: IStrategy, asks: int, roi_steps: int) -> list[float]:
    """What the trusted side must know of exits, in the order of freqtrade_facts.WORDS and then the ROI steps."""
    table = _roi_table(strategy.minimal_roi)
    if len(table) > roi_steps:
        raise OperationalException(
            f"minimal_roi has {len(table)} steps: at most {roi_steps} are followed here"
        )
    stoploss = getattr(strategy, "stoploss", None)
    if not isinstance(stoploss, (int, float)) or not stoploss < 0.0:
        raise OperationalException(f"stoploss = {stoploss!r}: write a negative fraction, such as -0.10")
    words = [
        float(asks),
        -float(stoploss),
        float(bool(strategy.trailing_stop)),
        float(strategy.trailing_stop_positive or 0.0),
        float(strategy.trailing_stop_positive_offset or 0.0),
        float(bool(strategy.trailing_only_offset_is_reached)),
        float(bool(_either(strategy, "exit_profit_only", "sell_profit_only"))),
        float(_either(strategy, "exit_profit_offset", "sell_profit_offset") or 0.0),
        float(bool(_either(strategy, "ignore_roi_if_entry_signal", "ignore_roi_if_buy_signal"))),
        float(len(table)),
    ]
    return words + [number for step in table for number in step]


def _roi_table(roi: Any) -> list[tuple[float, float]]:
    try:
        return sorted((float(minutes), float(profit)) for minutes, profit in dict(roi or {}).items())
    except (TypeError, ValueError):
        raise OperationalException(
            f'minimal_roi = {roi!r}: write minutes and profits, such as {{"0": 0.04, "60": 0.01}}'
        ) from None


def _either(strategy: IStrategy, name: str, old: str) -> Any:
    return getattr(strategy, old, None) or getattr(strategy, name)


def uses_exit_signal(strategy: IStrategy) -> bool:
    """use_exit_signal, or its old name."""
    return bool(getattr(strategy, "use_sell_signal", True)) and bool(strategy.use_exit_signal)
