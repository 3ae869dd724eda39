"""What seeing a page yields: a shot of it, and findings about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.contracts import Market, MendelError, Trade

#: x, y, width, height in CSS pixels of the whole page (device scale 1, so they are pixels of the picture too).
Box = tuple[float, float, float, float]

BUY_RGB, SELL_RGB = (0x1F, 0x6F, 0xEB), (0xD2, 0x99, 0x22)
#: The colours that the chart contract reserves for fills.
RESERVED = {"buy": BUY_RGB, "sell": SELL_RGB}


class VisionError(MendelError):
    """A page cannot be looked at: no browser, no such page, an address that is not on this machine."""


@dataclass(frozen=True)
class PageFinding:
    """Something wrong with a page. ``blocking``: the page misleads or is broken; else a person may want to look."""

    code: str
    detail: str
    blocking: bool = True
    box: Box | None = None

    def json(self) -> dict[str, Any]:
        """JSON values."""
        box = [round(v, 1) for v in self.box] if self.box else None
        return {"code": self.code, "detail": self.detail, "blocking": self.blocking, "box": box}


@dataclass(frozen=True)
class Request:
    """A request that did not succeed: ``why`` is ``blocked`` (we forbid it), an HTTP status, or the browser's reason."""

    url: str
    kind: str
    why: str


@dataclass(frozen=True)
class Shot:
    """One page as the browser drew it. All text in it is hostile.

    ``png`` is the picture of the whole page (height capped); ``facts`` what ``window.__chartFacts()`` returned, None where
    the page has none; ``facts_error`` why it failed; ``dom`` what static/observe.js saw (see there for the keys);
    ``console`` error messages; ``status`` the HTTP status of the page itself, None for a file."""

    target: str
    png: bytes
    facts: Mapping[str, Any] | None
    dom: Mapping[str, Any]
    console: tuple[str, ...] = ()
    failed: tuple[Request, ...] = ()
    facts_error: str = ""
    status: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Source:
    """The truth that a page is compared with. ``markets`` by symbol; ``trades`` by symbol, where they are known;
    ``metrics`` by symbol ("" for a page of one system), then by the page's ``data-metric`` name."""

    markets: Mapping[str, Market] = field(default_factory=dict)
    trades: Mapping[str, Sequence[Trade]] | None = None
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    #: Where a price panel must end: the last bar of the source is on the page.
    newest: bool = True


@dataclass(frozen=True)
class Look:
    """A shot and what was found on it."""

    shot: Shot
    findings: tuple[PageFinding, ...]

    @property
    def blocking(self) -> tuple[PageFinding, ...]:
        """Findings that block."""
        return tuple(f for f in self.findings if f.blocking)
