"""Which functions there are: name -> (function, its inputs, its outputs). Settings are the function's own defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import averages, candles, momentum, overlays, windows

_HLC, _HL, _OHLC, _HLCV = "high low close", "high low", "open high low close", "high low close volume"


def _mean(function: Callable[[Any, int], Any], usual: int = 30) -> Callable[..., Any]:
    def made(values: Any, timeperiod: int = usual) -> Any:
        return function(values, int(timeperiod))

    return made


def _ma(values: Any, timeperiod: int = 30, matype: int = 0) -> Any:
    return averages.average(values, int(timeperiod), matype)


def _t3(values: Any, timeperiod: int = 5, vfactor: float = 0.7) -> Any:
    return averages.t3(values, int(timeperiod), vfactor)


def _one(name: str) -> Callable[[Any], Any]:
    def made(values: Any) -> Any:
        with np.errstate(all="ignore"):
            return getattr(np, name)(values)

    return made


FUNCTIONS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "SMA": (_mean(windows.sma), "close", "real"),
    "EMA": (_mean(windows.ema), "close", "real"),
    "WMA": (_mean(windows.wma), "close", "real"),
    "DEMA": (_mean(averages.dema), "close", "real"),
    "TEMA": (_mean(averages.tema), "close", "real"),
    "TRIMA": (_mean(windows.trima), "close", "real"),
    "KAMA": (_mean(averages.kama), "close", "real"),
    "T3": (_t3, "close", "real"),
    "MA": (_ma, "close", "real"),
    "RSI": (momentum.rsi, "close", "real"),
    "CMO": (momentum.cmo, "close", "real"),
    "MACD": (momentum.macd, "close", "macd macdsignal macdhist"),
    "MACDFIX": (momentum.macdfix, "close", "macd macdsignal macdhist"),
    "MACDEXT": (momentum.macdext, "close", "macd macdsignal macdhist"),
    "APO": (momentum.apo, "close", "real"),
    "PPO": (momentum.ppo, "close", "real"),
    "TRIX": (momentum.trix, "close", "real"),
    "MOM": (momentum.mom, "close", "real"),
    "ROC": (momentum.roc, "close", "real"),
    "ROCP": (momentum.rocp, "close", "real"),
    "ROCR": (momentum.rocr, "close", "real"),
    "ROCR100": (momentum.rocr100, "close", "real"),
    "LINEARREG": (momentum.linearreg, "close", "real"),
    "LINEARREG_SLOPE": (momentum.linearreg_slope, "close", "real"),
    "LINEARREG_INTERCEPT": (momentum.linearreg_intercept, "close", "real"),
    "LINEARREG_ANGLE": (momentum.linearreg_angle, "close", "real"),
    "TSF": (momentum.tsf, "close", "real"),
    "STOCHRSI": (momentum.stochrsi, "close", "fastk fastd"),
    "BBANDS": (overlays.bbands, "close", "upperband middleband lowerband"),
    "STDDEV": (overlays.stddev, "close", "real"),
    "VAR": (overlays.var, "close", "real"),
    "MIDPOINT": (overlays.midpoint, "close", "real"),
    "MAX": (overlays.highest, "close", "real"),
    "MIN": (overlays.lowest, "close", "real"),
    "SUM": (overlays.total, "close", "real"),
    "ATR": (momentum.atr, _HLC, "real"),
    "NATR": (momentum.natr, _HLC, "real"),
    "TRANGE": (momentum.true_range, _HLC, "real"),
    "ADX": (momentum.adx, _HLC, "real"),
    "ADXR": (momentum.adxr, _HLC, "real"),
    "DX": (momentum.dx, _HLC, "real"),
    "PLUS_DI": (momentum.plus_di, _HLC, "real"),
    "MINUS_DI": (momentum.minus_di, _HLC, "real"),
    "CCI": (momentum.cci, _HLC, "real"),
    "WILLR": (momentum.willr, _HLC, "real"),
    "ULTOSC": (momentum.ultosc, _HLC, "real"),
    "STOCH": (momentum.stoch, _HLC, "slowk slowd"),
    "STOCHF": (momentum.stochf, _HLC, "fastk fastd"),
    "TYPPRICE": (overlays.typprice, _HLC, "real"),
    "WCLPRICE": (overlays.wclprice, _HLC, "real"),
    "PLUS_DM": (momentum.plus_dm, _HL, "real"),
    "MINUS_DM": (momentum.minus_dm, _HL, "real"),
    "AROON": (momentum.aroon, _HL, "aroondown aroonup"),
    "AROONOSC": (momentum.aroonosc, _HL, "real"),
    "SAR": (overlays.sar, _HL, "real"),
    "MIDPRICE": (overlays.midprice, _HL, "real"),
    "MEDPRICE": (overlays.medprice, _HL, "real"),
    "CORREL": (momentum.correl, _HL, "real"),
    "AVGPRICE": (overlays.avgprice, _OHLC, "real"),
    "BOP": (momentum.bop, _OHLC, "real"),
    "MFI": (momentum.mfi, _HLCV, "real"),
    "AD": (overlays.ad, _HLCV, "real"),
    "ADOSC": (overlays.adosc, _HLCV, "real"),
    "OBV": (overlays.obv, "close volume", "real"),
    "CDLDOJI": (candles.doji, _OHLC, "integer"),
    "CDLDRAGONFLYDOJI": (candles.dragonflydoji, _OHLC, "integer"),
    "CDLGRAVESTONEDOJI": (candles.gravestonedoji, _OHLC, "integer"),
    "CDLENGULFING": (candles.engulfing, _OHLC, "integer"),
    **{
        name: (_one(numpy_name), "close", "real")
        for name, numpy_name in (
            ("LN", "log"),
            ("LOG10", "log10"),
            ("SQRT", "sqrt"),
            ("EXP", "exp"),
            ("ATAN", "arctan"),
        )
    },
}


def lacking(name: str) -> AttributeError:
    """What is said of a function that is not here."""
    return AttributeError(
        f"talib.{name} is not in Mendel's stand-in for TA-Lib (it has {len(FUNCTIONS)} functions): "
        "install TA-Lib for this interpreter"
    )


def compute(name: str, inputs: list[Any], settings: dict[str, Any]) -> tuple[Any, ...]:
    """The outputs, NaN (0 for patterns) where an input is not known yet, as float64 or int32 arrays."""
    function, _, outputs = FUNCTIONS[name]
    arrays = [np.asarray(values, np.float64) for values in inputs]
    known = np.flatnonzero(~np.isnan(np.sum(arrays, axis=0))) if len(arrays[0]) else np.empty(0)
    start = int(known[0]) if len(known) else len(arrays[0])
    if start == len(arrays[0]):
        return tuple(np.full(start, np.nan) for _ in outputs.split())
    found = function(*(values[start:] for values in arrays), **settings)
    found = found if isinstance(found, tuple) else (found,)
    if start == 0:
        return found
    blank = 0 if outputs == "integer" else np.nan
    return tuple(np.concatenate((np.full(start, blank, values.dtype), values)) for values in found)
