"""A table as somebody else named its columns, under our names: time, prices, volumes, what takers bought."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tools.contracts import PRICE_COLUMNS, Floats, Ints
from tools.market.clock import to_ns
from tools.market.import_text import text_times
from tools.market.problems import MarketError, NotCandlesError

_NAMES = {
    **dict.fromkeys(("open", "o", "open_price", "price_open"), "open"),
    **dict.fromkeys(("high", "h", "max", "high_price", "price_high"), "high"),
    **dict.fromkeys(("low", "l", "min", "low_price", "price_low"), "low"),
    **dict.fromkeys(("close", "c", "last", "close_price", "price_close", "adj_close"), "close"),
    **dict.fromkeys(("volume", "vol", "v", "base_volume", "volume_base", "tick_volume", "tickvol"), "volume"),
    **dict.fromkeys(
        ("quote_volume", "quote_asset_volume", "volume_quote", "quotevolume", "turnover"), "quote_volume"
    ),
    **dict.fromkeys(
        ("trades", "number_of_trades", "count", "tradecount", "trade_count", "num_trades"), "trades"
    ),
    **dict.fromkeys(
        ("taker_buy_volume", "taker_buy_base_asset_volume", "taker_buy_base_volume", "taker_base_vol"),
        "taker_buy_volume",
    ),
    **dict.fromkeys(
        ("taker_buy_quote_volume", "taker_buy_quote_asset_volume", "taker_quote_vol"),
        "taker_buy_quote_volume",
    ),
    **dict.fromkeys(("last_funding_rate", "fundingrate", "funding_rate"), "funding_rate"),
}
_TIMES = (
    "open_time",
    "opentime",
    "timestamp",
    "unix",
    "unix_timestamp",
    "datetime",
    "date_time",
    "date",
    "time",
    "gmt_time",
    "ts",
    "t",
    "dt",
    "calc_time",
    "fundingtime",
    "funding_time",
    "index",
    "unnamed:_0",
)
_LEFT_OUT = frozenset(("ignore", "close_time", "closetime", "funding_interval_hours"))
_SYMBOLS = ("symbol", "pair", "ticker")
_QUOTE = r"volume_\(?(?:usdt|usdc|usd|busd|fdusd|eur)\)?"


@dataclass(frozen=True)
class Columns:
    """``time`` int64 ns UTC; ``values`` float64 by our names; ``symbols`` one text a row, None where no column tells."""

    time: Ints
    values: dict[str, Floats]
    symbols: pd.Series[Any] | None
    notes: tuple[str, ...]


def columns_of(table: pd.DataFrame, what: str) -> Columns:
    """Raises MarketError naming ``what`` where the table has no rows, times or usable numbers."""
    if len(table) == 0:
        raise MarketError(f"{what}: has no rows: give a file with at least 2 bars")
    if isinstance(table.index, pd.DatetimeIndex) and not any(plain(c) in _TIMES for c in table.columns):
        table = table.rename_axis("index").reset_index()
    named = _named(table, what)
    time = _time(table, what)
    symbol = next((table[c] for c in table.columns if plain(c) in _SYMBOLS), None)
    values: dict[str, Floats] = {}
    dropped = []
    for ours, theirs in named.items():
        numbers = pd.to_numeric(table[theirs], errors="coerce") if _is_text(table[theirs]) else table[theirs]
        if ours in PRICE_COLUMNS and _is_text(table[theirs]) and bool(numbers.isna().any()):
            row = int(np.argmax(numbers.isna().to_numpy()))
            raise MarketError(
                f"{what}: column {theirs!r} holds {table[theirs].iloc[row]!r} in row {row + 1}, which is no number: mend it"
            )
        if numbers.isna().all() and _is_text(table[theirs]):
            dropped.append(str(theirs))
            continue
        values[ours] = np.array(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    notes = (f"dropped columns that are not numeric: {', '.join(dropped)}",) if dropped else ()
    return Columns(time, values, symbol, notes)


def plain(name: object) -> str:
    """``<OPEN>``, ``1. open``, ``Open Price`` -> ``open``, ``open``, ``open_price``."""
    text = re.sub(r"^\d+\.\s*", "", str(name).strip().strip("<>").strip()).lower()
    return re.sub(r"[\s.\-]+", "_", text).strip("_")


def _is_text(column: pd.Series[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(column.dtype)


def _named(table: pd.DataFrame, what: str) -> dict[str, object]:
    """Our name -> theirs, times and symbols apart; of two that mean the same, the first."""
    named: dict[str, object] = {}
    for theirs in table.columns:
        name = plain(theirs)
        if name in _TIMES or name in _SYMBOLS or name in _LEFT_OUT:
            continue
        ours = _NAMES.get(name) or ("quote_volume" if re.fullmatch(_QUOTE, name) else None)
        if ours is None and re.fullmatch(r"volume_\(?[a-z0-9]+\)?", name) and "volume" not in named:
            ours = "volume"
        if (ours or name) in named:
            if ours in PRICE_COLUMNS:
                raise MarketError(
                    f"{what}: columns {named[ours]!r} and {theirs!r} both mean {ours}: keep one of them"
                )
            continue
        named[ours or str(theirs).strip()] = theirs
    return named


def _time(table: pd.DataFrame, what: str) -> Ints:
    by_name = {plain(c): c for c in reversed(table.columns)}
    name = next((n for n in _TIMES if n in by_name), None)
    if name is None:
        has = ", ".join(str(c) for c in table.columns[:12])
        raise NotCandlesError(f"{what}: no column of times (it has {has}): name it timestamp or open_time")
    values = table[by_name[name]]
    label = f"{what}: column {by_name[name]!r}"
    if name == "date" and "time" in by_name:  # MetaTrader: day and hour apart
        values = values.astype(str) + " " + table[by_name["time"]].astype(str)
    if pd.api.types.is_numeric_dtype(values.dtype) and name == "date" and float(values.iloc[0]) < 1e8:
        values = values.astype(str)  # 20250101
    if _is_text(values) and not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = text_times(values, label)
    return to_ns(values, label)
