"""The markets that a system is judged on: its data up to the vault, and never a bar further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tools.contracts import Market, MendelError
from tools.market.clock import timeframe_minutes, timeframe_text
from tools.market.load import find_files, load_markets
from tools.market.names import resolve_symbol
from tools.market.problems import MarketError
from tools.market.resample import resample
from tools.system.system import System

_MINUTE_NS = 60_000_000_000
_DAY_NS = 1440 * _MINUTE_NS
#: A cut is moved back to midnight only where at least this much stays in front of it.
_SHORTEST_FLOORED_NS = 3 * _DAY_NS


class DataError(MendelError):
    """The system names no usable market data."""


@dataclass(frozen=True)
class SystemMarkets:
    """The development part of a system's data: every bar opens before ``until_ns`` (UTC), the vault's start.
    ``sources`` maps a symbol to its file; ``skipped`` says why a symbol has no bars here."""

    markets: Mapping[str, Market]
    until_ns: int
    sources: Mapping[str, str]
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def until(self) -> str:
        """``until_ns`` as ISO text, UTC, to the second."""
        return datetime.fromtimestamp(self.until_ns // 1_000_000_000, tz=UTC).isoformat()


def load_system_markets(
    system: System, *, data: str | None = None, symbols: Sequence[str] | None = None, repair: bool = False
) -> SystemMarkets:
    """The markets of ``system``, cut at the vault. ``data`` replaces ``[data] path`` (and is relative to the
    current folder); ``symbols`` keeps some, by name or unique prefix.

    The cut is one time for all symbols and does not depend on ``symbols``: all are loaded to find it.
    Raises MendelError, one line, for missing, damaged or empty data and for unknown symbols."""
    whole = _load(system, data, repair)
    until_ns = vault_start(whole, system.config.vault.from_)
    wanted = whole if symbols is None else {name: whole[name] for name in _resolved(symbols, whole)}
    parts = {name: market.until(until_ns) for name, market in wanted.items()}
    kept = {name: part for name, part in parts.items() if len(part)}
    if not kept:
        raise DataError(f"mendel.toml: [vault] from = {_iso(until_ns)}: no bar is older; choose a later date")
    skipped = {name: f"no bar before {_iso(until_ns)}" for name in parts.keys() - kept.keys()}
    return SystemMarkets(kept, until_ns, {name: market.source for name, market in kept.items()}, skipped)


def every_market(system: System) -> Mapping[str, Market]:
    """All of the data in use (``--data``, else the system's own), the vault's bars among them: for those who cut it to the
    bars of a market that they were given. Raises MendelError, one line."""
    return _load(system, system.data, False)


def whole_markets(system: System, data: str | None, symbols: Sequence[str]) -> dict[str, Market]:
    """Every bar there is of ``symbols`` (full names), the vault's among them: for the vault's own gate. Raises MendelError."""
    found = _load(system, data, False)
    return {name: found[name] for name in sorted(symbols)}


def vault_start(markets: Mapping[str, Market], setting: datetime | float) -> int:
    """Where the vault begins, ns UTC. A fraction is taken of the time that all markets cover together, and
    moved back to midnight, so that whole days stay together."""
    if isinstance(setting, datetime):
        return int(setting.timestamp()) * 1_000_000_000
    start = min(int(market.time[0]) for market in markets.values())
    end = max(int(market.time[-1]) + market.timeframe_minutes * _MINUTE_NS for market in markets.values())
    cut = start + round((1.0 - setting) * (end - start))
    midnight = cut - cut % _DAY_NS
    return midnight if midnight - start >= _SHORTEST_FLOORED_NS else cut - cut % _MINUTE_NS


def _load(system: System, data: str | None, repair: bool) -> dict[str, Market]:
    settings = system.config.data
    repair = repair or settings.repair
    if data is None and settings.path is None and settings.provider is not None:
        from tools.system.provider import provided_markets

        found = _kept(provided_markets(system, repair=repair), settings.symbols)
    else:
        found = _from_files(system, data, repair)
    if settings.timeframe is None:
        return found
    return {name: _in_bars_of(market, settings.timeframe) for name, market in found.items()}


def _kept(found: dict[str, Market], symbols: Sequence[str]) -> dict[str, Market]:
    return {name: found[name] for name in (_resolved(symbols, found) if symbols else sorted(found))}


def _from_files(system: System, data: str | None, repair: bool) -> dict[str, Market]:
    settings = system.config.data
    pattern, root = _pattern(system, data)
    try:
        find_files(pattern, root)
    except MarketError as error:
        raise DataError(
            f"no market data matches {pattern!r} (from {root}); correct it, or make some: mendel data synth {root / 'data'}"
        ) from error
    return load_markets(
        pattern,
        root=root,
        symbols=(settings.symbols or None) if data is None else None,
        roles=settings.roles or None,
        repair=repair,
    )


def _in_bars_of(market: Market, timeframe: str) -> Market:
    """The market in bars of ``timeframe``, made of finer ones where it has those."""
    wanted, has = timeframe_minutes(timeframe), market.timeframe_minutes
    if wanted == has:
        return market
    if wanted < has or wanted % has:
        raise DataError(
            f"{market.source or market.symbol}: bars of {timeframe_text(has)}, but [data] timeframe = {timeframe!r}: they cannot "
            "be made of these; give finer data or another timeframe"
        )
    return resample(market, wanted)


def _pattern(system: System, data: str | None) -> tuple[str, Path]:
    if data is not None:
        return data, Path.cwd()
    path = system.config.data.path
    if path is None:
        raise DataError(
            "mendel.toml: [data] path: missing; name your files there, or use --data, or: mendel data synth"
        )
    return path, system.home


def _resolved(symbols: Sequence[str], markets: Mapping[str, Market]) -> list[str]:
    return sorted({resolve_symbol(name, markets) for name in symbols})


def _iso(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC).isoformat()
