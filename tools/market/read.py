"""From a file to unchecked markets: what is in it, under our names, in UTC."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tools.contracts import PRICE_COLUMNS, Floats, Ints, Market
from tools.market.clock import TIME_NAMES, infer_minutes, to_ns
from tools.market.cut_off import file_ends_within_a_row
from tools.market.names import clean_symbol, symbol_of_file
from tools.market.problems import MarketError
from tools.market.roles import guess_roles, merge_roles

SUFFIXES = (".parquet", ".feather", ".csv", ".csv.gz")
_SYMBOL_NAMES = ("symbol", "pair")
#: Columns that the simulation and most strategies read under these very names, whatever the file's capitals.
_CANONICAL = (*PRICE_COLUMNS, "volume")


def is_market_file(path: Path) -> bool:
    """Whether the file's suffix is one that :func:`read_markets` understands."""
    return path.name.lower().endswith(SUFFIXES)


def read_markets(path: Path, roles: Mapping[str, Sequence[str]] | None = None) -> dict[str, Market]:
    """The markets in one file by symbol, exactly as they stand there: unsorted, unchecked, unrepaired.

    Raises MarketError when the file cannot be read, is empty or has no time or price columns."""
    return markets_in_table(_read_table(path), path, roles)


def markets_in_table(
    table: pd.DataFrame, path: Path, roles: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Market]:
    """The markets in a table, as above. ``path`` is what it is called in errors; its name tells the symbol where no column
    does, and need not be a file's."""
    if len(table) == 0:
        raise MarketError(f"{path.name}: the file has no rows: give a file with at least 2 bars")
    table, renamed = _canonical(table, path)
    time, table = _take_time(table, path)
    numbers, dropped = _numbers(table, path)
    notes = tuple(note for note in (renamed, dropped) if note)
    found: dict[str, Market] = {}
    for symbol, rows in _symbol_rows(table, path).items():
        own_time = time if rows is None else time[rows]
        columns = {name: values if rows is None else values[rows] for name, values in numbers.items()}
        found[symbol] = market_of(symbol, own_time, columns, path.name, roles, notes)
    return found


def bar_times(path: Path) -> Ints:
    """The open of each row's bar, ns UTC, in the file's own order; raises as :func:`read_markets` does."""
    return _take_time(_canonical(_read_table(path), path)[0], path)[0]


def market_of(
    symbol: str,
    time: Ints,
    columns: Mapping[str, Floats],
    source: str,
    roles: Mapping[str, Sequence[str]] | None = None,
    notes: tuple[str, ...] = (),
) -> Market:
    """An unchecked market: the length of its bars and the roles of its columns are guessed, ``roles`` overrides."""
    minutes = infer_minutes(time, f"{source}: {symbol}")
    meaning = merge_roles(guess_roles(list(columns)), roles, list(columns))
    return Market(symbol, minutes, time, columns, meaning, source, notes)


def _read_table(path: Path) -> pd.DataFrame:
    import pyarrow

    name = path.name.lower()
    try:
        if path.stat().st_size == 0:
            raise MarketError(f"{path.name}: the file is empty: give a file with at least 2 bars")
        if name.endswith(".parquet"):
            return pd.read_parquet(path)
        if name.endswith(".feather"):
            return pd.read_feather(path)
        if name.endswith((".csv", ".csv.gz")):
            if name.endswith(".csv") and file_ends_within_a_row(path):
                raise ValueError("it ends in the middle of a row")
            return pd.read_csv(path)
    except FileNotFoundError as error:
        raise MarketError(f"{path}: no such file: check [data].path or --data") from error
    except (OSError, ValueError, EOFError, zlib.error, pyarrow.ArrowException) as error:
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EISDIR):
            raise MarketError(
                f"{path}: cannot be opened ({error.strerror}): check the path and its permissions"
            ) from error
        detail = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise MarketError(
            f"{path.name}: cannot be read ({detail}): the file is damaged, fetch it again"
        ) from error
    raise MarketError(f"{path.name}: not a format we read: use {', '.join(SUFFIXES)}")


def _canonical(table: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, str]:
    """Column names as stripped text, prices and volume in lower case; and what was renamed, in words."""
    names = [str(name).strip() for name in table.columns]
    wanted = [name.lower() if name.lower() in _CANONICAL else name for name in names]
    doubled = sorted({name for name in wanted if wanted.count(name) > 1})
    if doubled:
        raise MarketError(f"{path.name}: column {doubled[0]!r} is there more than once: keep one of them")
    missing = [name for name in PRICE_COLUMNS if name not in wanted]
    if missing:
        has = ", ".join(names[:12]) or "none"
        raise MarketError(
            f"{path.name}: not a candle file, column {', '.join(missing)} is missing (it has {has})"
        )
    changed = [f"{old} to {new}" for old, new in zip(names, wanted, strict=True) if old != new]
    return table.set_axis(wanted, axis=1), f"renamed {', '.join(changed)}" if changed else ""


def _take_time(table: pd.DataFrame, path: Path) -> tuple[Ints, pd.DataFrame]:
    """The bars' times, and the table without their column."""
    by_name = {name.lower(): name for name in table.columns}
    name = next((by_name[known] for known in TIME_NAMES if known in by_name), None)
    if name is not None:
        return to_ns(table[name], f"{path.name}: column {name!r}"), table.drop(columns=name)
    if isinstance(table.index, pd.DatetimeIndex):
        return to_ns(table.index, f"{path.name}: the index"), table.reset_index(drop=True)
    raise MarketError(f"{path.name}: no time column: name it timestamp, date, datetime, time or open_time")


def _numbers(table: pd.DataFrame, path: Path) -> tuple[dict[str, Floats], str]:
    """The numeric columns as contiguous float64, and which others were dropped, in words."""
    numbers: dict[str, Floats] = {}
    dropped: list[str] = []
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            # A copy, since pandas hands out read-only views.
            numbers[name] = np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
        elif name in _CANONICAL:
            raise MarketError(
                f"{path.name}: column {name!r} is not numeric, it holds {_first_text(column)}: mend these rows"
            )
        elif name.lower() not in _SYMBOL_NAMES:
            dropped.append(name)
    return numbers, f"dropped columns that are not numeric: {', '.join(dropped)}" if dropped else ""


def _first_text(column: pd.Series[Any]) -> str:
    bad = column[pd.to_numeric(column, errors="coerce").isna()]
    return f"{bad.iloc[0]!r} in row {bad.index[0]}" if len(bad) else f"{column.iloc[0]!r}"


def _symbol_rows(table: pd.DataFrame, path: Path) -> dict[str, Ints | None]:
    """Symbol -> the positions of its rows, None = all of them."""
    by_name = {name.lower(): name for name in table.columns}
    name = next((by_name[known] for known in _SYMBOL_NAMES if known in by_name), None)
    if name is None:
        return {symbol_of_file(path): None}
    labels = table[name].astype("string")
    if labels.isna().any():
        raise MarketError(
            f"{path.name}: column {name!r} is empty in {int(labels.isna().sum())} rows: fill or delete them"
        )
    codes, texts = pd.factorize(labels)
    if len(texts) == 1:
        return {clean_symbol(str(texts[0])): None}
    return {clean_symbol(str(text)): np.flatnonzero(codes == code) for code, text in enumerate(texts)}
