"""Synthetic markets with planted truth, for measuring what the engine finds and what it makes up.

A world has the look of perpetual futures: prices with fat tails and clustered volatility, volume and
volatility that follow the hour, taker flow, open interest, 8-hourly funding, regimes of two days or so, and
symbols that move together. What is true in it is known: see :data:`lab.synth_settings.EFFECTS`. Nothing in
the engine may read a world's truth; only the lab and tests do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from lab.synth_settings import EFFECTS, REGIMES, SYMBOLS, SymbolSetting, WorldError, effect_strengths
from tools.contracts import Floats, Ints, Market
from tools.market import guess_roles, resolve_symbol, save_market
from tools.market.clock import MINUTE_NS, timeframe_text

#: 2025-01-01 00:00 UTC.
START_NS = 1_735_689_600_000_000_000
_DAY_MINUTES = 1440
_REGIME_MINUTES = 2 * _DAY_MINUTES
_EVENTS = ("divergence", "oi_squeeze")


@dataclass(frozen=True)
class World:
    """``markets`` by symbol; ``truth`` is JSON values; ``events``: symbol -> effect -> int64 (bars), +1 or -1
    where the event is complete at that bar's close and pushes the price that way, else 0."""

    markets: Mapping[str, Market]
    truth: Mapping[str, Any]
    events: Mapping[str, Mapping[str, Ints]]


@dataclass(frozen=True)
class _Climate:
    """What all symbols share, one value a minute."""

    shock: Floats
    level: Floats
    season: Floats
    drift: Floats
    session: Floats
    regime: Ints


def generate_world(
    *,
    days: int = 182,
    symbols: Sequence[str] | None = None,
    seed: int = 0,
    placebo: bool = False,
    effects: Mapping[str, float] | None = None,
    timeframe_minutes: int = 5,
) -> World:
    """A world of ``days`` from 2025-01-01 UTC in bars of ``timeframe_minutes``. The same arguments give the same
    world, and a symbol's path does not depend on which others are made.

    ``symbols`` are names or unique prefixes of SYMBOLS; ``effects`` overrides strengths by name (0 = off);
    ``placebo`` plants nothing: same events, no consequence. Columns: open high low close volume quote_volume
    taker_buy_volume (base units; taker delta = 2 x taker_buy_volume - volume) open_interest (base units, at the
    close) funding_rate (on the bars that open at 00:00, 08:00 and 16:00, else 0). Raises WorldError."""
    if days < 1 or timeframe_minutes < 1 or _DAY_MINUTES % timeframe_minutes:
        raise WorldError(
            f"{days} days of {timeframe_minutes}-minute bars: use at least a day, and bars that divide it"
        )
    names = list(SYMBOLS) if symbols is None else [resolve_symbol(name, SYMBOLS) for name in symbols]
    strengths = effect_strengths(effects, placebo)
    climate = _climate(days, seed)
    markets: dict[str, Market] = {}
    events: dict[str, dict[str, Ints]] = {}
    for name in sorted(set(names)):
        markets[name], events[name] = _symbol_path(name, climate, strengths, seed, timeframe_minutes)
    asked = {"seed": seed, "days": days, "timeframe": timeframe_text(timeframe_minutes), "placebo": placebo}
    return World(markets, _truth(asked, strengths, climate, events), events)


def write_world(
    world: World, folder: Path, *, format: str = "parquet", without: Sequence[str] = ()
) -> list[Path]:
    """Writes ``SYMBOL-5m.FORMAT`` for each market and ``truth.json``; returns the paths, the truth last.

    ``format`` is parquet, feather, csv or csv.gz; ``without`` names columns to leave out (a market without taker
    flow, say). Raises WorldError or MarketError."""
    known = {name for market in world.markets.values() for name in market.columns}
    unknown = sorted(set(without) - (known - {"open", "high", "low", "close"}))
    if unknown:
        raise WorldError(
            f"cannot leave out {', '.join(unknown)}: choose from {', '.join(sorted(known))}, prices apart"
        )
    truth, paths = folder / "truth.json", []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        truth.write_text(json.dumps(world.truth, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise WorldError(
            f"{folder}: cannot be written ({error.strerror or error}): choose another folder"
        ) from error
    for name, market in world.markets.items():
        paths.append(folder / f"{name}-{timeframe_text(market.timeframe_minutes)}.{format}")
        save_market(_without(market, without), paths[-1])
    return [*paths, truth]


def _without(market: Market, names: Sequence[str]) -> Market:
    columns = {name: values for name, values in market.columns.items() if name not in names}
    return Market(
        market.symbol,
        market.timeframe_minutes,
        market.time,
        columns,
        guess_roles(list(columns)),
        market.source,
    )


def _climate(days: int, seed: int) -> _Climate:
    from lab import synth_paths

    minutes = days * _DAY_MINUTES
    rng = np.random.default_rng([seed, 0])
    hour = np.arange(minutes) % _DAY_MINUTES / 60.0
    regime = synth_paths.regimes(
        rng.random(minutes), rng.integers(0, len(REGIMES), minutes), 1 / _REGIME_MINUTES
    )
    hours = synth_paths.smooth(rng.standard_normal(minutes), 0.998, 0.009)
    weeks = synth_paths.smooth(rng.standard_normal(minutes), 0.9999, 0.003)
    factor = np.array([entry[1] for entry in REGIMES])[regime]
    return _Climate(
        shock=_fat_tailed(rng, minutes),
        level=factor * np.exp(hours + weeks),
        season=_season(hour),
        drift=np.array([entry[2] for entry in REGIMES])[regime],
        session=np.where((hour >= 7.0) & (hour < 10.0), 1.0, -3.0 / 21.0),
        regime=regime,
    )


def _season(hour: Floats) -> Floats:
    """How busy each hour (UTC) is, mean 1: a hump when Europe and America overlap, smaller ones at other opens."""

    def hump(centre: float, width: float) -> Floats:
        return np.asarray(np.exp(-0.5 * ((hour - centre) / width) ** 2))

    busy = 0.75 + 0.7 * hump(14.5, 2.5) + 0.25 * hump(1.0, 1.5) + 0.2 * hump(8.0, 1.2)
    return np.asarray(busy / busy[:_DAY_MINUTES].mean())


def _fat_tailed(rng: np.random.Generator, count: int) -> Floats:
    """Student t with 6 degrees of freedom, variance 1, cut at 8 sd."""
    return np.asarray(np.clip(rng.standard_t(6, count) / np.sqrt(1.5), -8.0, 8.0))


def _symbol_path(
    name: str, climate: _Climate, strengths: Mapping[str, float], seed: int, bar_minutes: int
) -> tuple[Market, dict[str, Ints]]:
    from lab import synth_paths

    setting, minutes = SYMBOLS[name], len(climate.shock)
    rng = np.random.default_rng([seed, 1 + list(SYMBOLS).index(name)])
    noise = rng.standard_normal((synth_paths.NOISES, minutes))
    noise[synth_paths.SHOCK] = _fat_tailed(rng, minutes)
    out = np.empty((synth_paths.OUTPUTS, minutes))
    events = np.zeros((len(_EVENTS), minutes), dtype=np.int64)
    synth_paths.walk(
        np.array([setting.price, setting.sigma, setting.daily_usdt, setting.beta]),
        np.array([strengths[effect] for effect in EFFECTS]),
        np.array([effect.minutes for effect in EFFECTS.values()]),
        climate.shock,
        climate.level,
        climate.season,
        climate.drift,
        climate.session,
        noise,
        bar_minutes,
        out,
        events,
    )
    last_minutes = events[:, bar_minutes - 1 :: bar_minutes]
    return _market(name, setting, out, bar_minutes), dict(zip(_EVENTS, last_minutes, strict=True))


def _market(name: str, setting: SymbolSetting, out: Floats, bar_minutes: int) -> Market:
    """One-minute paths as bars."""
    bars = out.reshape(len(out), -1, bar_minutes)
    opens, highs, lows, closes, quote, imbalance, interest, rate = bars
    base = quote / closes
    time = START_NS + np.arange(bars.shape[1], dtype=np.int64) * bar_minutes * MINUTE_NS
    pays = time % (8 * 60 * MINUTE_NS) == 0
    columns = {
        "open": opens[:, 0].copy(),
        "high": highs.max(axis=1),
        "low": lows.min(axis=1),
        "close": closes[:, -1].copy(),
        "volume": base.sum(axis=1),
        "quote_volume": quote.sum(axis=1),
        "taker_buy_volume": (base * (1.0 + imbalance) / 2.0).sum(axis=1),
        "open_interest": 0.2 * setting.daily_usdt / setting.price * interest[:, -1],
        "funding_rate": np.where(pays, rate[:, 0], 0.0),
    }
    return Market(name, bar_minutes, time, columns, guess_roles(list(columns)), "synthetic")


def _truth(
    asked: Mapping[str, Any],
    strengths: Mapping[str, float],
    climate: _Climate,
    events: Mapping[str, Mapping[str, Ints]],
) -> dict[str, Any]:
    effects = {
        name: {
            "strength": strengths[name],
            "unit": "sd of the horizon",
            "minutes": effect.minutes,
            "claim": effect.claim,
        }
        for name, effect in EFFECTS.items()
    }
    counts = {
        symbol: {
            "daily_quote_volume": SYMBOLS[symbol].daily_usdt,
            "events": {
                name: {"up": int((e > 0).sum()), "down": int((e < 0).sum())} for name, e in found.items()
            },
        }
        for symbol, found in events.items()
    }
    return {**asked, "effects": effects, "symbols": counts, "regimes": _regime_spans(climate.regime)}


def _regime_spans(regime: Ints) -> list[dict[str, str]]:
    starts = np.concatenate(([0], np.flatnonzero(np.diff(regime)) + 1, [len(regime)]))

    def text(minute: int) -> str:
        return f"{np.datetime64(START_NS + minute * MINUTE_NS, 'ns').astype('datetime64[m]')}Z"

    return [
        {"from": text(int(a)), "to": text(int(b)), "label": REGIMES[int(regime[a])][0]}
        for a, b in pairwise(starts)
    ]
