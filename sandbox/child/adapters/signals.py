"""The child half of ``signals``: ``f(bars[, params]) -> DataFrame`` with freqtrade's column names."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sandbox.child import shim_finder
    from sandbox.child.reasons import Rejection
else:
    import _mendel_shim_finder as shim_finder
    from _mendel_reasons import Rejection

SIGNALS = ("enter_long", "exit_long", "enter_short", "exit_short")
BEFORE = "before:"
_METHODS = ("signals", "generate", "__call__")


def evaluate(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Call the strategy ``repeat`` times on fresh bars; its last answer as float64 arrays by field. ``time``
    is int64 ns UTC, ``columns`` float64 arrays of that length. Columns whose names start with BEFORE are another
    market's: every call but the last gets those instead. Raises Rejection or what the strategy raises."""
    shim_finder.install((), ("talib", "technical"))
    target = resolve(request["target"], "strategy.target")
    own = {name: values for name, values in columns.items() if not name.startswith(BEFORE)}
    other = {name.removeprefix(BEFORE): values for name, values in columns.items() if name.startswith(BEFORE)}
    calls, answer = max(1, int(request["repeat"])), None
    for turn in range(calls):
        first = bool(other) and turn < calls - 1
        bars = frame(
            f"{request['symbol']}-before" if first else request["symbol"], time, other if first else own
        )
        answer = call(target, bars, build_params(request["params"], request["overrides"]), request["params"])
    try:
        return extract(answer, frame(request["symbol"], time, {}).index, request["fields"])
    except Rejection as error:
        raise Rejection(f"{error}{_place(target)}") from None


def _place(target: Any) -> str:
    """ " (file.py:12)": where the function that answered is written; "" where it is not of this system."""
    if isinstance(target, type):
        target = next((m for name in _METHODS if (m := getattr(target, name, None)) is not None), target)
    elif not inspect.isroutine(target):
        target = type(target).__call__
    code = getattr(inspect.unwrap(getattr(target, "__func__", target)), "__code__", None)
    home = f"{sys.path[0]}/"
    if code is None or not code.co_filename.startswith(home):
        return ""
    return f" ({code.co_filename.removeprefix(home)}:{code.co_firstlineno})"


def frame(symbol: str, time: Any, columns: Mapping[str, Any]) -> Any:
    """A writable copy of the bars under an unnamed UTC DatetimeIndex."""
    index = pd.DatetimeIndex(time.view("datetime64[ns]")).tz_localize("UTC")
    bars = pd.DataFrame({name: np.array(values) for name, values in columns.items()}, index=index)
    bars.attrs["symbol"] = symbol
    return bars


def resolve(reference: str, setting: str) -> Any:
    """The object that "module:dotted.name" names."""
    module_name, _, path = reference.partition(":")
    if not module_name or not path:
        raise Rejection(f'{setting} is {reference!r}: write it as "module:Name"')
    _own_first(module_name.partition(".")[0])
    found: Any = importlib.import_module(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise Rejection(f"{setting} is {reference!r}, but {module_name} has no {path}: mend mendel.toml")
        found = getattr(found, part)
    return found


def _own_first(name: str) -> None:
    """Forget a module that is loaded already where the system has one of that name (its ``signal.py``, say)."""
    loaded, folder = sys.modules.get(name), sys.path[0]
    file = getattr(loaded, "__file__", None) or ""
    if loaded is None or file.startswith(folder + "/"):
        return
    if os.path.isfile(f"{folder}/{name}.py") or os.path.isfile(f"{folder}/{name}/__init__.py"):  # noqa: PTH113
        del sys.modules[name]


def build_params(reference: str | None, overrides: Mapping[str, Any]) -> Any:
    """The strategy's settings with ``overrides`` applied; None where the system names none."""
    if reference is None:
        if overrides:
            raise Rejection(
                f"settings {sorted(overrides)} cannot be changed: set strategy.params in mendel.toml"
            )
        return None
    found = resolve(reference, "strategy.params")
    if callable(found):
        return found(**overrides)
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return dataclasses.replace(found, **overrides)
    return _override_copy(found, overrides)


def _override_copy(found: Any, overrides: Mapping[str, Any]) -> Any:
    changed = copy.deepcopy(found)
    for name, value in overrides.items():
        if isinstance(changed, dict):
            known = name in changed
        else:
            known = hasattr(changed, name)
        if not known:
            raise Rejection(f"strategy.params has no setting {name!r}")
        if isinstance(changed, dict):
            changed[name] = value
        else:
            setattr(changed, name, value)
    return changed


def positional(function: Callable[..., Any]) -> tuple[int, float]:
    """(how many positional arguments it requires, how many it takes at most)."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return 1, 2
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = sum(1 for p in places if p.default is p.empty)
    variable = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return required, float("inf") if variable else len(places)


def call(target: Any, bars: Any, params: Any, reference: str | None) -> Any:
    """The strategy's answer to ``bars``; a class is made first, with the settings if it takes them."""
    if isinstance(target, type):
        instance = _instance(target, params, reference)
        method = next((m for m in _METHODS if callable(getattr(instance, m, None))), None)
        if method is None:
            raise Rejection(f"class {target.__name__} has none of the methods signals, generate, __call__")
        target = getattr(instance, method)
    if not callable(target):
        raise Rejection(f"strategy.target is a {type(target).__name__}, not something that can be called")
    required, most = positional(target)
    if required > 1 and reference is None:
        raise Rejection("the strategy wants (bars, params): set strategy.params in mendel.toml")
    return target(bars, params) if reference is not None and most >= 2 else target(bars)


def _instance(target: type, params: Any, reference: str | None) -> Any:
    required, most = positional(target)
    if required > 0 and reference is None:
        raise Rejection(f"class {target.__name__} wants settings: set strategy.params in mendel.toml")
    return target(params) if reference is not None and most >= 1 else target()


def extract(answer: Any, index: Any, fields: list[str]) -> dict[str, Any]:
    """The wanted columns of ``answer`` as float64 without NaN (a signal that is not known is 0, size 1)."""
    if not isinstance(answer, pd.DataFrame):
        raise Rejection(f"the strategy returned a {type(answer).__name__}, not a DataFrame of decisions")
    if len(answer) != len(index):
        raise Rejection(f"the strategy returned {len(answer)} rows for {len(index)} bars")
    if not answer.index.equals(index):
        raise Rejection("the strategy returned another index than its bars have")
    present = [name for name in fields if name in answer.columns]
    if not present:
        names = ", ".join(str(name)[:30] for name in list(answer.columns)[:12]) or "none"
        raise Rejection(
            f"the strategy returned no decision column (columns: {names}); wanted {', '.join(fields[:4])}"
        )
    return {name: _floats(answer[name], name) for name in present}


def _floats(column: Any, name: str) -> Any:
    if not isinstance(column, pd.Series):
        raise Rejection(f"the strategy returned the column {name} more than once")
    if getattr(column.dtype, "kind", "O") in "mMcSU":
        raise Rejection(f"the column {name} has type {column.dtype}: wanted numbers or booleans")
    try:
        values = column.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise Rejection(f"the column {name} has type {column.dtype}: {str(error)[:120]}") from None
    return np.where(np.isnan(values), 1.0 if name == "size" else 0.0, values)
