"""Symbols: their full names, where a file says which one it holds, and what a person may type for one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tools.market.problems import MarketError

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "BTC", "ETH")


def clean_symbol(text: str) -> str:
    """``BTC/USDT:USDT``, ``BTC_USDT_USDT`` and ``btc-usdt`` -> ``BTCUSDT``."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", text.upper()) if part]
    if len(parts) >= 3 and parts[-1] == parts[-2]:
        parts.pop()  # the settlement currency of a perpetual, as freqtrade and ccxt write it
    return "".join(parts)


def symbol_of_file(path: Path) -> str:
    """The symbol in a file's name: what stands before the first ``-`` or ``.``.

    ``TONUSDT-5m.parquet``, ``TON_USDT-5m.feather``, ``BTC_USDT_USDT-5m-futures.feather``, ``BTC-USDT-5m.csv``
    and ``BTCUSDT_5m.csv`` are understood."""
    tokens = re.split(r"[-.\s]", path.name)
    head = tokens[0]
    if len(tokens) > 1 and tokens[1] in _QUOTES:
        head = f"{head}_{tokens[1]}"
    parts = [part for part in head.split("_") if not re.fullmatch(r"\d+[smhdwSMHDW]|\d{4,}", part)]
    symbol = clean_symbol("_".join(parts))
    if not symbol:
        raise MarketError(
            f"{path.name}: the name does not start with a symbol: call it like TONUSDT-5m{path.suffix}"
        )
    return symbol


def looks_like_market(symbol: str) -> bool:
    """Whether ``symbol`` ends in a currency that markets are quoted in."""
    return symbol.endswith(_QUOTES) and symbol not in _QUOTES


def resolve_symbol(name: str, available: Iterable[str]) -> str:
    """The full name of the symbol that ``name`` is, or is a unique prefix of (case does not matter).

    Raises MarketError that lists the candidates when none or several fit."""
    known = sorted(available)
    wanted = clean_symbol(name)
    if wanted in known:
        return wanted
    fits = [symbol for symbol in known if wanted and symbol.startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise MarketError(f"symbol {name!r} is ambiguous: write one of {', '.join(fits)}")
    raise MarketError(
        f"symbol {name!r} is not in the data: choose one of {', '.join(known) or '(no symbol loaded)'}"
    )
