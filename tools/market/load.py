"""Loads markets that are fit for use, or says in one line why they are not."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from tools.contracts import Market
from tools.market.clock import timeframe_minutes
from tools.market.names import clean_symbol, looks_like_market, resolve_symbol
from tools.market.problems import MarketError, error_about
from tools.market.read import SUFFIXES, is_market_file, read_markets
from tools.market.repair import repair_market
from tools.market.validate import validate

Roles = Mapping[str, Sequence[str]]


def load_market(
    path: Path,
    *,
    symbol: str | None = None,
    timeframe: str | None = None,
    roles: Roles | None = None,
    repair: bool = False,
) -> Market:
    """One symbol's bars from a Parquet, Feather or CSV file, validated.

    Naive times are UTC. ``symbol`` (a name or unique prefix) chooses one of the file's, or names the only one
    where the file does not (``prices.csv``); ``timeframe`` (``"5m"``) is checked against the bars; ``roles`` (role -> column
    names) overrides the guess. ``repair`` mends what can be mended; the market's ``notes`` say what was done.
    Raises MarketError."""
    found = read_markets(path, roles)
    market = _choose(found, symbol, path)
    return checked(market, timeframe, repair)


def load_markets(
    pattern: str,
    *,
    root: Path | None = None,
    symbols: Sequence[str] | None = None,
    timeframe: str | None = None,
    roles: Roles | None = None,
    repair: bool = False,
    limit_workers: int = 2,
) -> dict[str, Market]:
    """Every market that a glob, folder or file holds, by symbol in alphabetical order.

    ``pattern`` is taken from ``root`` (default: the current folder) unless it is absolute. ``symbols`` keeps
    only those (names or unique prefixes); the others are not validated. The rest is as in :func:`load_market`."""
    files = find_files(pattern, root)
    with ThreadPoolExecutor(max_workers=max(1, min(limit_workers, len(files)))) as pool:
        parts = list(pool.map(partial(read_markets, roles=roles), files))
    found: dict[str, Market] = {}
    for part in parts:
        for name, market in part.items():
            if name in found:
                raise MarketError(
                    f"{name} is in both {found[name].source} and {market.source}: narrow {pattern!r} to one of them"
                )
            found[name] = market
    wanted = sorted(found) if symbols is None else sorted({resolve_symbol(name, found) for name in symbols})
    return {name: checked(found[name], timeframe, repair) for name in wanted}


def check_markets(
    pattern: str, *, timeframe: str | None = None, repair: bool = False
) -> tuple[dict[str, Market], dict[str, str]]:
    """The markets of ``pattern`` that are fit for use, by symbol, and for the others file or symbol -> what is wrong, one line
    each. Raises MarketError where no file matches."""
    fit: dict[str, Market] = {}
    wrong: dict[str, str] = {}
    for path in find_files(pattern):
        try:
            found = read_markets(path)
        except MarketError as error:
            wrong[path.name] = str(error)
            continue
        for name, market in found.items():
            try:
                if name in fit:
                    raise MarketError(
                        f"{name} is in both {fit[name].source} and {path.name}: narrow {pattern!r} to one of them"
                    )
                fit[name] = checked(market, timeframe, repair)
            except MarketError as error:
                wrong[path.name if len(found) == 1 else f"{path.name}: {name}"] = str(error)
    return fit, wrong


def find_files(pattern: str, root: Path | None = None) -> list[Path]:
    """The market files that ``pattern`` (glob, folder or file) names, sorted. Raises MarketError when none does."""
    place = Path(pattern).expanduser()
    place = place if place.is_absolute() else (root or Path()) / place
    if place.is_file():
        return [place]
    if place.is_dir():
        hits = list(place.iterdir())
    else:
        # Path.glob refuses absolute patterns.
        hits = [Path(name) for name in glob.glob(str(place), recursive=True)]  # noqa: PTH207
    files = sorted(path for path in hits if path.is_file() and is_market_file(path))
    if not files:
        kinds = ", ".join(SUFFIXES)
        raise MarketError(f"no market file matches {pattern!r}: give a file, folder or glob of {kinds} files")
    return files


def _choose(found: Mapping[str, Market], symbol: str | None, path: Path) -> Market:
    if symbol is None:
        if len(found) > 1:
            raise MarketError(f"{path.name}: holds {', '.join(sorted(found))}: say which symbol")
        return next(iter(found.values()))
    if len(found) == 1 and not looks_like_market(next(iter(found))):
        only = next(iter(found.values()))
        # ``prices.csv`` says nothing of its symbol, ``TONUSDT-5m.csv`` must not be taken for another.
        return replace(only, symbol=clean_symbol(symbol))
    return found[resolve_symbol(symbol, found)]


def checked(market: Market, timeframe: str | None = None, repair: bool = False) -> Market:
    """The market where nothing is wrong with it (any more, after ``repair``). Raises MarketError."""
    expected = None if timeframe is None else timeframe_minutes(timeframe)
    if repair:
        market, done = repair_market(market)
        market = replace(market, notes=(*market.notes, *done))
    problems = validate(market, timeframe_minutes=expected)
    if problems:
        raise error_about(market.source, market.symbol, problems)
    return market
