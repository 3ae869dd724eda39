"""A stand-in for TA-Lib in numpy and pandas, used where the real one is not installed.

``talib.RSI(close, timeperiod=14)`` takes arrays or Series and gives the same kind back; several outputs are a tuple."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from .table import FUNCTIONS, compute, lacking

__version__ = "0.0 (Mendel's stand-in)"
MA_Type = SimpleNamespace(SMA=0, EMA=1, WMA=2, DEMA=3, TEMA=4, TRIMA=5, KAMA=6, MAMA=7, T3=8)


def settings_of(name: str, given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """Settings by name; whole numbers for what counts bars."""
    function, inputs, _ = FUNCTIONS[name]
    known = list(inspect.signature(function).parameters)[len(inputs.split()) :]
    unknown = sorted(set(named) - set(known))
    if unknown or len(given) > len(known):
        raise TypeError(
            f"talib.{name} has no setting {', '.join(unknown) or given[len(known) :]}: use {', '.join(known)}"
        )
    chosen = dict(zip(known, given, strict=False)) | named
    for key, value in chosen.items():
        if "period" in key and not 1 <= value <= 100_000:
            raise ValueError(f"talib.{name}: {key} = {value!r}: give 1 to 100000")
    return {key: int(value) if "period" in key or "matype" in key else value for key, value in chosen.items()}


def function_of(name: str) -> Callable[..., Any]:
    """``talib.NAME``."""
    count = len(FUNCTIONS[name][1].split())

    def made(*given: Any, **named: Any) -> Any:
        frames = [value for value in given[:count] if isinstance(value, pd.Series)]
        found = compute(name, list(given[:count]), settings_of(name, given[count:], named))
        wrapped = tuple(
            pd.Series(values, frames[0].index) if frames else np.asarray(values) for values in found
        )
        return wrapped if len(wrapped) > 1 else wrapped[0]

    made.__name__ = name
    return made


def get_functions() -> list[str]:
    """Names of the functions that are here."""
    return sorted(FUNCTIONS)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    if name not in FUNCTIONS:
        raise lacking(name)
    return function_of(name)
