"""Candles of the other pairs that a freqtrade strategy names, on the bars of the market it is asked about."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from tools.contracts import PRICE_COLUMNS, Floats, Market
from tools.errors import MendelError
from tools.market.load import find_files
from tools.system.markets import every_market
from tools.system.system import System

_PAIR = re.compile(r"""["']([A-Z0-9]{1,15})/(\{?[A-Za-z]{3,5}\}?)(?::[A-Za-z{}]+)?["']""")
_ALL = "current_whitelist"


def other_columns(system: System, bundle: str, market: Market) -> dict[str, Floats]:
    """``pair:SYMBOL:column`` -> float64 of the market's bars, NaN where that pair has none. What the data in use does not
    hold is left out: the strategy is told so when it asks for it."""
    named = _named(_folder(system, bundle))
    if not named:
        return {}
    found: dict[str, Floats] = {}
    for symbol, other in markets_of(system).items():
        if symbol != market.symbol and (_ALL in named or _base(symbol) in named):
            found |= _aligned(symbol, other, market)
    return found


def _folder(system: System, bundle: str) -> Path:
    """Where the sources of a bundle lie; the person's own folder where it is none."""
    kept = system.bundles / bundle
    return kept if bundle and kept.is_dir() else system.root


@lru_cache(maxsize=64)
def _named(folder: Path) -> frozenset[str]:
    """Bases of the pairs that the sources name; ``current_whitelist`` where they ask for every pair."""
    names: set[str] = set()
    for file in sorted(folder.rglob("*.py")):
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        if not {".mendel", "site-packages"} & set(file.relative_to(folder).parts):
            names |= {match.group(1) for match in _PAIR.finditer(text)}
            names |= {_ALL} if f".{_ALL}(" in text else set()
    return frozenset(names)


def _base(symbol: str) -> str:
    for quote in ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "BTC", "ETH", "BNB"):
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote)
    return symbol


@lru_cache(maxsize=2)
def _loaded(
    home: str, data: str | None, text: str, state: tuple[tuple[str, int, int], ...]
) -> dict[str, Market]:
    return dict(every_market(replace(System.open(home), data=data)))


def markets_of(system: System) -> dict[str, Market]:
    """Every market of the data in use (``--data``, else the system's own) as its files are now; none where there are
    none."""
    try:
        return _loaded(str(system.home), system.data, repr(system.config.data), _state_of(system))
    except MendelError:
        return {}


def _state_of(system: System) -> tuple[tuple[str, int, int], ...]:
    """Names, times of change and sizes of the files."""
    pattern, root = system.data or system.config.data.path, Path.cwd() if system.data else system.home
    stats = [(str(f), f.stat()) for f in find_files(pattern, root)] if pattern else []
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _aligned(symbol: str, other: Market, market: Market) -> dict[str, Floats]:
    if other.timeframe_minutes != market.timeframe_minutes or not len(other):
        return {}
    at = np.minimum(np.searchsorted(other.time, market.time), len(other) - 1)
    same = other.time[at] == market.time
    names = [name for name in (*PRICE_COLUMNS, "volume") if name in other.columns]
    return {f"pair:{symbol}:{name}": np.where(same, other.columns[name][at], np.nan) for name in names}
