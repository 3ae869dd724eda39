"""What charts say of themselves (``window.__chartFacts()``), read as hostile data into plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tools.vision.contracts import Box, Shot
from tools.vision.picture import as_box

#: Panels whose points are bars of the market, and that can be held against the candles.
SOURCED = ("price", "volume")


@dataclass(frozen=True)
class Mark:
    """One fill on a chart. ``time_ns`` is None where the time cannot be read."""

    time_ns: int | None
    side: str
    price: float | None
    raw: str


@dataclass(frozen=True)
class Panel:
    """One chart. ``first`` and ``last`` are nanoseconds UTC, None where they are not times; ``total`` the sum of what it
    draws; ``low`` and ``high`` the ends of its axis as the chart has them (low > high: upside down)."""

    name: str
    symbol: str | None
    n: int | None
    first: int | None
    last: int | None
    total: float | None
    marks: tuple[Mark, ...]
    low: float | None
    high: float | None
    plot: Box | None

    @property
    def title(self) -> str:
        """Its name, with its symbol where it has one."""
        return f"{self.name} of {self.symbol}" if self.symbol else self.name


def panels(shot: Shot) -> list[Panel]:
    """The panels of a shot; none where the page states no facts."""
    listed = (shot.facts or {}).get("panels", [])
    return [_panel(p) for p in listed if isinstance(p, Mapping)]


def page_symbol(shot: Shot) -> str | None:
    """The symbol that the page names, None where it names none or several."""
    named = [f["text"] for f in shot.dom.get("fields", ()) if f["name"] == "symbol" and f["text"]]
    return named[0] if len(set(named)) == 1 else None


def time_of(value: Any) -> int | None:
    """Nanoseconds UTC of an ISO text (without a zone: UTC), or of seconds or milliseconds since the epoch."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and math.isfinite(value):
        seconds = value / 1e3 if abs(value) > 1e11 else float(value)
        return round(seconds * 1e9) if 3e8 < seconds < 2e10 else None
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def number_of(value: Any) -> float | None:
    """A finite float, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _panel(raw: Mapping[str, Any]) -> Panel:
    span = raw.get("yRange")
    low, high = (number_of(v) for v in span) if isinstance(span, list) and len(span) == 2 else (None, None)
    n, marks = number_of(raw.get("n")), raw.get("markers")
    symbol = raw.get("symbol")
    return Panel(
        str(raw.get("name"))[:80],
        str(symbol)[:40] if symbol else None,
        None if n is None else int(n),
        time_of(raw.get("first")),
        time_of(raw.get("last")),
        number_of(raw.get("sum")),
        tuple(_mark(m) for m in marks) if isinstance(marks, list) else (),
        low,
        high,
        as_box(raw.get("plot")),
    )


def _mark(raw: Any) -> Mark:
    if not isinstance(raw, list) or len(raw) < 2:
        return Mark(None, "", None, str(raw)[:60])
    price = number_of(raw[2]) if len(raw) > 2 else None
    return Mark(time_of(raw[0]), str(raw[1])[:20], price, ", ".join(str(v)[:30] for v in raw[:3]))
