"""Mendel's own: what could not be followed, each thing said once with the place where it came up first."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

#: What comes up -> what happens instead.
WORDS = {
    "part": "the account closes no part of a position: it keeps its size until all of it is closed",
    "add": "the account adds nothing to a position: it keeps the size of its first order until all of it is closed",
    "second": "a second order on the same bar against the first is not made",
    "renew": "closed and opened again on one side at one open: the account holds on, at the old size",
    "reduce": "an order against a position takes no part of it away in the account: it keeps its size until all is closed",
    "hedge": "hedging: an order against an open position is not made; close the position first",
    "late": "a limit or stop order fills in the account at the open after the bar that met it, at that open's price",
    "met": "a limit or stop order that the close meets already fills as a market order at the next open",
    "passed": "a limit or stop order whose sl or tp was passed by the close of the bar that met it is dropped",
    "beyond": "a stop or target that the close is past already ends the position at the next open",
    "far": "a stop or target too far for an order here is set at the farthest distance (stop 100 %, target 1000 %)",
    "money": "an order of more units than the account can pay is not made",
    "units": "units are turned into a share of the account at the close; the fill differs with the gap to the open",
    "percent": "set_trailing_pct trails at that percentage of the close; the library scales it by the ATR of the whole data",
    "atr": "set_trailing_sl uses the mean range of the bars so far while the ATR warms up; the library takes it from later bars",
    "close": "trade_on_close is not followed: orders fill at the next open",
    "margin": "margin is not followed: write [costs] leverage in mendel.toml",
    "fees": "commission and spread of the script are not followed: [costs] of mendel.toml counts",
    "unread": "an argument of Backtest is no plain value and is not followed",
}


@dataclass
class Notes:
    """Counts by word; ``places`` are file:line."""

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, word: str, place: str | None = None) -> None:
        """One more. The place is looked up for the first alone: it costs time."""
        if word not in self.counts:
            self.counts[word], self.places[word] = 0, place if place is not None else here()
        self.counts[word] += 1

    def lines(self) -> list[str]:
        """One line a word, for the log of the run."""
        return [
            f"{self.places[word]}{': ' if self.places[word] else ''}{WORDS[word]}"
            + (f" ({count} times)" if count > 1 else "")
            for word, count in self.counts.items()
        ]


def here() -> str:
    """``file.py:12`` of the deepest line of the system's own that is being run."""
    home = f"{sys.path[0]}/"
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith(home):
            return f"{frame.f_code.co_filename.removeprefix(home)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
