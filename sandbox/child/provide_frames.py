"""What a provider may return, taken apart into markets: tables of bars, tables by symbol, and datasets of a table and series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

_PRICES = ("open", "high", "low", "close")
_SYMBOLS = ("symbol", "pair", "ticker")
_TIMES = ("timestamp", "date", "datetime", "time", "open_time", "index")
#: What the one table of bars in a dataset is called; any other name of a single table is its symbol.
_BARS = frozenset(
    ("ohlcv", "bars", "candles", "df", "data", "frame", "dataframe", "price", "prices", "klines", "ohlc")
)
_LOWEST_EPOCH = 1e8
UNNAMED = "MARKET"


class Unusable(Exception):  # noqa: N818 - a verdict on what was returned, in the words of a sentence's end
    """What the provider returned is no market: "returned a bare list; return …"."""


@dataclass
class Bars:
    """One market. ``time`` is int64: ns UTC or, where ``epoch``, epoch numbers of a unit that is to be told by their size.
    ``columns`` are float64 of its length."""

    time: Any
    epoch: bool
    columns: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def markets_in(found: Any, symbols: list[str]) -> dict[str, Bars]:
    """Symbol -> bars. ``symbols`` are those of the configuration: where there is one, it names a market without a name.

    Raises Unusable."""
    found = _as_mapping(found)
    if isinstance(found, pd.DataFrame):
        return {name: _dataset({"bars": frame}) for name, frame in _by_symbol(found, symbols).items()}
    if not isinstance(found, Mapping):
        raise Unusable(
            f"returned {_what(found)}; return a DataFrame of bars, or a dict of symbol -> DataFrame"
        )
    if not found:
        raise Unusable("returned an empty dict; return a dict of symbol -> DataFrame")
    if _is_table_of_columns(found):
        return markets_in(_frame(dict(found)), symbols)
    if _is_dataset(found):
        frame = next(value for value in found.values() if _has_prices(value))
        parts = _by_symbol(frame, symbols)
        if len(parts) == 1:
            return {name: _dataset({**found, _key_of(found, frame): part}) for name, part in parts.items()}
        return {name: _dataset({"bars": part}) for name, part in parts.items()}
    return {str(name): _dataset(_parts(str(name), value)) for name, value in found.items()}


def _as_mapping(found: Any) -> Any:
    """Dataclasses, named tuples and plain objects that hold tables are taken as dicts of their attributes."""
    if isinstance(found, Mapping | pd.DataFrame | pd.Series | np.ndarray | list | str) or found is None:
        return found
    if hasattr(found, "_asdict"):
        return found._asdict()
    held = {k: v for k, v in getattr(found, "__dict__", {}).items() if not k.startswith("_")}
    return held if any(isinstance(v, pd.DataFrame | pd.Series) for v in held.values()) else found


def _what(found: Any) -> str:
    if found is None:
        return "None"
    bare = "a bare " if isinstance(found, list | tuple | set | str | int | float) else "an object of "
    return f"{bare}{type(found).__name__}"


def _lower(names: Any) -> set[str]:
    return {str(name).strip().lower() for name in names}


def _has_prices(value: Any) -> bool:
    return isinstance(value, pd.DataFrame) and set(_PRICES) <= _lower(value.columns)


def _is_table_of_columns(found: Mapping[Any, Any]) -> bool:
    return set(_PRICES) <= _lower(found) and not any(
        isinstance(v, pd.DataFrame | Mapping) for v in found.values()
    )


def _frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    try:
        return pd.DataFrame(columns)
    except ValueError as error:
        raise Unusable(f"returned columns that do not fit together ({error}); give them one length") from None


def _is_dataset(found: Mapping[Any, Any]) -> bool:
    """One table of bars, with series of the same market around it."""
    tables = [key for key, value in found.items() if _has_prices(value)]
    if len(tables) == 1:
        return len(found) > 1 or str(tables[0]).lower() in _BARS
    return bool(tables) and str(tables[0]).lower().split("_")[0] in _BARS


def _key_of(found: Mapping[Any, Any], frame: pd.DataFrame) -> Any:
    return next(key for key, value in found.items() if value is frame)


def _parts(name: str, value: Any) -> Mapping[Any, Any]:
    value = _as_mapping(value)
    if isinstance(value, pd.DataFrame):
        return {"bars": value}
    if not isinstance(value, Mapping):
        raise Unusable(f"returned {_what(value)} for {name!r}; return a DataFrame of its bars")
    return {"bars": _frame(dict(value))} if _is_table_of_columns(value) else value


def _wide(frame: pd.DataFrame) -> dict[str, pd.DataFrame] | None:
    """The parts of a table with two levels of columns, symbols and prices in either order; rows that a symbol lacks are
    not its own. None where it is no such table."""
    if frame.columns.nlevels != 2:
        return None
    for level in (0, 1):
        if set(_PRICES) <= _lower(frame.columns.get_level_values(level)):
            symbols = frame.columns.get_level_values(1 - level)
            parts = (
                (str(n), frame.loc[:, symbols == n].droplevel(1 - level, axis=1)) for n in symbols.unique()
            )
            return {name: part.dropna(how="all") for name, part in parts}
    return None


def _by_symbol(frame: pd.DataFrame, symbols: list[str]) -> dict[str, pd.DataFrame]:
    if (parts := _wide(frame)) is not None:
        return parts
    if isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index()
    column = next((c for c in frame.columns if str(c).strip().lower() in _SYMBOLS), None)
    if column is not None:
        groups = frame.groupby(frame[column].astype(str), sort=True)
        return {str(name): part.drop(columns=column) for name, part in groups}
    named = frame.attrs.get("symbol") or (symbols[0] if len(symbols) == 1 else UNNAMED)
    return {str(named): frame}


def _dataset(found: Mapping[Any, Any]) -> Bars:
    base = next((key for key, value in found.items() if _has_prices(value)), None)
    if base is None:
        tables = [value for value in found.values() if isinstance(value, pd.DataFrame)]
        has = ", ".join(map(str, tables[0].columns[:12])) if tables else ", ".join(map(str, list(found)[:12]))
        raise Unusable(
            f"returned no table with the columns open, high, low and close (it has {has or 'none'})"
        )
    frame: pd.DataFrame = found[base]
    if len(frame) == 0:
        raise Unusable("returned a table without rows; return at least 2 bars")
    time, epoch, frame = _times(frame)
    bars = Bars(time, epoch, {}, [])
    _take(bars, frame, "")
    for key, value in found.items():
        if key is not base:
            _add(bars, str(key), value)
    return bars


def _times(frame: pd.DataFrame) -> tuple[Any, bool, pd.DataFrame]:
    column = next((c for name in _TIMES for c in frame.columns if str(c).strip().lower() == name), None)
    if column is not None:
        return (*_as_time(frame[column], f"column {column!r}"), frame.drop(columns=column))
    if isinstance(frame.index, pd.RangeIndex):
        raise Unusable("returned bars without times; give them a DatetimeIndex, or a column timestamp")
    return (*_as_time(frame.index.to_series(), "the index"), frame)


def _as_time(values: Any, what: str) -> tuple[Any, bool]:
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(numbers).all() or np.median(np.abs(numbers)) < _LOWEST_EPOCH:
            raise Unusable(
                f"returned times in {what} that are no epoch numbers; give s, ms, us or ns, or a DatetimeIndex"
            )
        whole = pd.api.types.is_integer_dtype(values.dtype)
        return (values.to_numpy(dtype=np.int64) if whole else np.round(numbers).astype(np.int64)), True
    form = None if pd.api.types.is_datetime64_any_dtype(values.dtype) else "ISO8601"
    try:
        stamps = pd.DatetimeIndex(pd.to_datetime(values, utc=True, format=form)).as_unit("ns")
    except (ValueError, TypeError) as error:
        raise Unusable(
            f"returned times in {what} that are none ({str(error).splitlines()[0][:100]})"
        ) from None
    return np.array(stamps.asi8), False


def _take(bars: Bars, frame: pd.DataFrame, prefix: str) -> None:
    """The numeric columns of a table that has the bars' own rows."""
    for name in frame.columns:
        column, label = frame[name], f"{prefix}{name}"
        if isinstance(column, pd.DataFrame):
            raise Unusable(f"returned column {label!r} more than once; keep one of them")
        try:
            bars.columns[label] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        except (ValueError, TypeError):
            if label.strip().lower() in (*_PRICES, "volume"):
                raise Unusable(
                    f"returned column {label!r} with what is no number, such as {column.iloc[0]!r}"
                ) from None
            bars.notes.append(f"dropped column {label} that is not numeric")


def _add(bars: Bars, key: str, value: Any) -> None:
    """A series or table beside the bars, on their times; flattened into columns by name."""
    if isinstance(value, pd.Series):
        value = value.to_frame(key)
    if isinstance(value, np.ndarray | list) and len(value) == len(bars.time) and np.ndim(value) == 1:
        value = pd.DataFrame({key: np.asarray(value)})
    if not isinstance(value, pd.DataFrame):
        if value is not None:
            bars.notes.append(f"left out {key}, {_what(value)}")
        return
    table = value.rename(columns=str)
    if len(table.columns) == 1 and not _has_prices(table):
        table = table.set_axis([key], axis=1)
    elif key not in table.columns:
        table = table.add_prefix(f"{key}_")
    _take(bars, _on(bars, key, value, table), "")


def _on(bars: Bars, key: str, value: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """``table`` on the bars' times: NaN where it has none of them."""
    if isinstance(value.index, pd.RangeIndex):
        if len(table) != len(bars.time):
            raise Unusable(
                f"returned {key!r} with {len(table)} rows beside {len(bars.time)} bars and no times; give it the bars' index"
            )
        return table.reset_index(drop=True)
    time, epoch = _as_time(value.index.to_series(), f"the index of {key!r}")
    if epoch != bars.epoch:
        raise Unusable(f"returned {key!r} with times of another kind than the bars'; give it the bars' index")
    table = table.set_axis(pd.Index(time), axis=0)
    table = table[~table.index.duplicated(keep="last")]
    return table.reindex(pd.Index(bars.time)).reset_index(drop=True)
