"""What a synthetic world is made of: its symbols, and the effects that can be planted in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.contracts import MendelError


class WorldError(MendelError):
    """A world that cannot be made as asked."""


@dataclass(frozen=True)
class SymbolSetting:
    """``price`` at the start in USDT, ``sigma`` of a one-minute log return in calm times, ``daily_usdt`` traded
    on an average day, ``beta``: correlation of the one-minute shocks with the market's."""

    price: float
    sigma: float
    daily_usdt: float
    beta: float


@dataclass(frozen=True)
class Effect:
    """A truth that can be planted. ``strength`` is its default; the price drifts by strength x sigma x
    sqrt(``minutes``) over ``minutes`` after the event, sigma being the one-minute volatility of that moment."""

    strength: float
    minutes: int
    claim: str


#: The majors trade 1e9 USDT a day and more, the last symbol is quiet.
SYMBOLS: Mapping[str, SymbolSetting] = {
    "BTCUSDT": SymbolSetting(60_000.0, 0.00045, 1.5e10, 0.90),
    "ETHUSDT": SymbolSetting(3_000.0, 0.00058, 1.0e10, 0.88),
    "SOLUSDT": SymbolSetting(150.0, 0.00078, 3.0e9, 0.80),
    "XRPUSDT": SymbolSetting(0.6, 0.00080, 1.8e9, 0.74),
    "DOGEUSDT": SymbolSetting(0.12, 0.00088, 1.2e9, 0.74),
    "TONUSDT": SymbolSetting(5.0, 0.00095, 8.0e5, 0.55),
}

EFFECTS: Mapping[str, Effect] = {
    "divergence": Effect(
        0.35,
        30,
        "15 minutes of price up more than 1 sd while taker flow is net selling precede a fall, and the mirror image a rise",
    ),
    "oi_squeeze": Effect(
        0.35,
        30,
        "open interest up more than 0.6 % in 30 minutes with a price move of more than 1 sd precede more of that move",
    ),
    "session": Effect(
        0.45, 180, "prices rise between 07:00 and 10:00 UTC and give it back slowly over the other hours"
    ),
    "trend": Effect(0.012, 1, "every minute prices drift up in 'up' regimes and down in 'down' regimes"),
    "volume_profile": Effect(
        0.0,
        240,
        "a price further than a quarter of the day's range from its point of control drifts back to it (off unless asked for)",
    ),
}

#: Regimes by code: name, volatility and volume factor, direction of the drift.
REGIMES = (("range", 0.75, 0.0), ("up", 1.0, 1.0), ("down", 1.0, -1.0), ("turbulent", 1.7, 0.0))


def effect_strengths(asked: Mapping[str, float] | None, placebo: bool) -> dict[str, float]:
    """The strength of every effect: the defaults, overridden by ``asked``; all 0 in a placebo world."""
    unknown = sorted(set(asked or {}) - set(EFFECTS))
    if unknown:
        raise WorldError(f"no effect is called {', '.join(unknown)}: use {', '.join(EFFECTS)}")
    if placebo:
        if any((asked or {}).values()):
            raise WorldError("a placebo world has no effects: leave out the strengths or the placebo")
        return dict.fromkeys(EFFECTS, 0.0)
    return {name: float((asked or {}).get(name, effect.strength)) for name, effect in EFFECTS.items()}
