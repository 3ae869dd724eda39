"""The trades that a command reports: a table whose columns are recognised by name, times in UTC."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tools.system.adapters import command_csv, command_json
from tools.system.adapters.command_figures import ReportError, read_number
from tools.system.adapters.command_names import plain_name

#: Trades that are handed on; their number is always the whole one.
MOST_SHOWN, _MOST_SYMBOLS = 2_000, 500
_ALIASES = {
    "symbol": "symbol pair market ticker instrument asset coin",
    "side": "side direction type position trade_type is_short",
    "entry_time": "entry_time open_time open_date entry_date entry opened opened_at date_in time_in entry_timestamp open_timestamp",
    "exit_time": "exit_time close_time close_date exit_date exit closed closed_at date_out time_out exit_timestamp close_timestamp",
    "entry_price": "entry_price open_rate open_price price_in buy_price",
    "exit_price": "exit_price close_rate close_price price_out sell_price",
    "quantity": "quantity qty amount size units contracts",
    "pnl": "pnl profit profit_abs net_pnl pnl_net net_profit profit_loss realized_pnl realised_pnl pl",
    "return": "return profit_ratio return_fraction pnl_return roi ret",
    "fees": "fees fee commission commissions",
    "reason": "reason exit_reason sell_reason exit_type exit_tag",
}
TRADE_COLUMNS = tuple(_ALIASES)
_BY_ALIAS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_SIDES = {"long": "long", "buy": "long", "1": "long", "false": "long", "0": "long",
          "short": "short", "sell": "short", "-1": "short", "true": "short"}  # fmt: skip
_TEXT, _TIMES = ("symbol", "reason"), ("entry_time", "exit_time")


@dataclass
class Trades:
    """``rows`` have the keys ``columns``; ``n`` is how many there are in all, ``by_symbol`` how many of each symbol, as the command
    writes it (none where it names no symbols)."""

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    n: int = 0
    source: str = ""
    by_symbol: dict[str, int] = field(default_factory=dict)


def from_csv(data: bytes, source: str, columns: Mapping[str, str]) -> Trades:
    """A trade a row."""
    header, rows = command_csv.table(data, source)
    return _trades(header, rows, source, columns)


def from_json(data: bytes, source: str, columns: Mapping[str, str]) -> Trades:
    """A list of tables, or a table that holds one under ``trades``."""
    document = command_json.parse(data, source)
    listed = document.get("trades") if isinstance(document, dict) else document
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise ReportError(f'{source}: no list of trades; write [{{...}}, ...], or the same under "trades"')
    return from_rows(listed, source, columns)


def from_rows(listed: Sequence[Mapping[str, Any]], source: str, columns: Mapping[str, str]) -> Trades:
    """Tables of one kind, as JSON has them."""
    header = list(dict.fromkeys(str(key) for item in listed[:50] for key in item))[:512]
    if not listed:
        return Trades(source=source)
    return _trades(header, [[item.get(name) for name in header] for item in listed], source, columns)


def looks_like_trades(header: Sequence[str]) -> bool:
    """Whether these columns are of trades rather than of candles or figures."""
    known = {_BY_ALIAS.get(plain_name(name)[0]) for name in header}
    return bool(known & {"pnl", "return"}) and bool(known & {"entry_time", "exit_time"})


def _trades(
    header: list[str], rows: Sequence[Sequence[Any]], source: str, columns: Mapping[str, str]
) -> Trades:
    places = _places(header, source, columns)
    if not places.keys() & {"entry_time", "exit_time", "pnl", "return"}:
        has = ", ".join(name[:40] for name in header[:12])
        raise ReportError(
            f"{source}: no column of a trade's time or profit (it has {has}); name them by [command] trade_columns"
        )
    shown = [
        {name: _value(name, header[at], row[at]) for name, at in places.items()} for row in rows[:MOST_SHOWN]
    ]
    named = Counter(str(row[places["symbol"]])[:60] for row in rows) if "symbol" in places else Counter()
    return Trades(list(places), shown, len(rows), source, dict(named.most_common(_MOST_SYMBOLS)))


def _places(header: list[str], source: str, columns: Mapping[str, str]) -> dict[str, int]:
    """Our column -> position: the person's choice, else the alias that comes first in its list."""
    found: dict[str, int] = {}
    for name, theirs in columns.items():
        if name not in TRADE_COLUMNS:
            raise ReportError(
                f"mendel.toml: [command] trade_columns.{name}: not a column of ours; use {', '.join(TRADE_COLUMNS)}"
            )
        if theirs not in header:
            has = ", ".join(h[:40] for h in header[:12])
            raise ReportError(
                f"{source}: no column [command] trade_columns.{name} = {theirs!r}; it has {has}"
            )
        found[name] = header.index(theirs)
    plain = [_column(text) for text in header]
    for name, aliases in _ALIASES.items():
        at = next((plain.index(alias) for alias in aliases.split() if alias in plain), None)
        if at is not None:
            found.setdefault(name, at)
    return {name: found[name] for name in TRADE_COLUMNS if name in found}


def _column(text: str) -> str:
    """A profit in percent is a return."""
    name, unit = plain_name(text)
    return "return" if unit == "%" and _BY_ALIAS.get(name) == "pnl" else name


def _value(name: str, header: str, value: Any) -> Any:
    if name in _TEXT:
        return None if value is None else str(value)[:60]
    if name == "side":
        return _SIDES.get(str(value).strip().lower().removesuffix(".0"))
    if name in _TIMES:
        return utc_text(value)
    number, unit, _ = read_number(value)
    percent = name == "return" and (unit or plain_name(header)[1]) == "%"
    return number if number is None or not percent else number / 100.0


def utc_text(value: Any) -> str | None:
    """ISO, UTC, to the second, of a date, a text or a count of seconds, milliseconds, microseconds or nanoseconds; None where
    it is no time. A time without a zone is UTC."""
    number = value
    if isinstance(value, str):
        number = int(value) if re.fullmatch(r"\d{9,19}", value.strip()) else None
    try:
        if isinstance(number, int | float) and not isinstance(number, bool):
            scale = next(s for s in (1, 10**3, 10**6, 10**9, 10**12) if abs(number) // s < 10**11)
            told = datetime.fromtimestamp(int(number // scale), UTC)
        else:
            told = datetime.fromisoformat(str(value).strip()[:40])
            told = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError, StopIteration):
        return None
    return told.strftime("%Y-%m-%dT%H:%M:%SZ")
