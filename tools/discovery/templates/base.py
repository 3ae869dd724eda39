"""What a class of claim consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.contracts import Floats, Market
from tools.discovery.features import past_move
from tools.discovery.spec import HypothesisSpec

Signs = NDArray[np.int8]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Events:
    """Where a claim's event is complete, in one market; arrays of the bars' length, everything known at the close.

    ``direction`` is the way the claim says price will go: +1, -1, 0 = no event. ``strength`` is in the spec's threshold unit
    (NaN = not known). ``past`` is the move by which controls are matched, in standard deviations. ``eligible`` bars
    may serve as controls where there is no event."""

    direction: Signs
    strength: Floats
    past: Floats
    eligible: Flags


@dataclass(frozen=True)
class Template:
    """A class of claim. ``subjects`` are regular expressions of which one must be in the words; ``roles`` what a market must
    have (``flow`` may be estimated); ``directions`` the outcomes it can be asked about. ``event`` says in words what
    happens. ``build`` finds the events and looks at nothing later."""

    name: str
    title: str
    subjects: tuple[str, ...]
    roles: tuple[str, ...]
    directions: tuple[str, ...]
    horizon_minutes: int
    lookback_minutes: int
    threshold: float
    unit: str
    event: Callable[[HypothesisSpec], str]
    build: Callable[[Market, HypothesisSpec, Floats], Events]
    example: str
    control: str = "bars with the same past move and no such event"


def way_words(spec: HypothesisSpec, up: str, down: str, both: str = "") -> str:
    """The words for the move that the spec keeps."""
    return {"up": up, "down": down, "both": both}[spec.move]


def events(
    market: Market,
    spec: HypothesisSpec,
    sigma: Floats,
    *,
    way: Floats,
    strength: Floats,
    eligible: Flags | None = None,
    happened: Flags | None = None,
) -> Events:
    """Events where ``happened`` (default: everywhere) and ``strength`` reaches the threshold. ``way`` is the sign of the move
    that the event itself makes; the claim's direction is read from it."""
    past = past_move(market, spec.lookback_bars, sigma)
    with np.errstate(invalid="ignore"):
        there = strength >= spec.threshold
    if happened is not None:
        there &= happened
    there &= np.isfinite(past) & np.isfinite(way) & (way != 0)
    any_way = there
    if spec.move != "both":
        there = there & (way > 0 if spec.move == "up" else way < 0)
    one = np.ones_like(way)
    claimed = {"continuation": way, "reversal": -way, "up": one, "down": -one, "any": 0.0 * one}
    direction = np.where(there, np.sign(claimed[spec.direction]), 0).astype(np.int8)
    # Events of the other direction are no controls.
    able = np.isfinite(past) & (np.isfinite(strength) if eligible is None else eligible) & ~any_way
    return Events(direction, strength, past, able)
