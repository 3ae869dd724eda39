"""Walks through an exchange's candles page by page; what came short or broken is asked for again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tools.market.fetch_rows import Bar, Layout, Page, read_page
from tools.market.spans import Span

#: How often the same bars are asked for before a hole in them is believed.
ASKS = 3


@dataclass
class CandleWalk:
    """Reads the candles of one market. ``ask(since_ms, count)`` is one request: rows of at most ``page`` candles from
    ``since_ms`` on. ``now`` is the exchange's time, ms UTC: a bar that has not closed by then does not exist yet.

    ``refused`` counts what was not believed although it was asked for again, ``mended`` what a second answer put right."""

    ask: Callable[[int, int], Sequence[object]]
    layout: Layout
    step: int
    page: int
    now: int
    refused: Counter[str] = field(default_factory=Counter)
    mended: int = 0
    _hole: bool = False

    def read(self, span: Span) -> tuple[dict[int, Bar], int]:
        """The closed bars that open in ``span`` (ms, its start on the grid), and from where to go on: the end of the span
        or, where the exchange has nothing before it, the first bar that it does have."""
        bars: dict[int, Bar] = {}
        at, end = span
        while at < end:
            stop = min(end, at + self.page * self.step)
            found = self._page((at, stop))
            bars |= found.bars
            self._hole = not found.bars
            if found.bars:
                at = max(found.bars) + self.step
            else:
                at = max(stop, found.beyond or 0)
        return bars, at

    def _page(self, wanted: Span) -> Page:
        """Up to ASKS answers to one question, put together. In a hole that is known to be one, a single answer."""
        whole, refused = Page(), Counter[str]()
        for attempt in range(1 if self._hole else ASKS):
            count = max(1, (wanted[1] - wanted[0]) // self.step)
            page = read_page(
                self.ask(wanted[0], count), self.layout, step=self.step, wanted=wanted, now=self.now
            )
            self.mended += bool(attempt) and len(page.bars.keys() - whole.bars.keys())
            whole.bars |= page.bars
            whole.beyond = page.beyond if page.beyond is not None else whole.beyond
            refused = page.refused
            if not refused and self._unbroken(whole.bars, wanted[0]):
                break
        self.refused += refused
        return whole

    def _unbroken(self, bars: dict[int, Bar], start: int) -> bool:
        """Whether no bar is missing between ``start`` and the last one: a page that ends early is simply gone on from."""
        return bool(bars) and len(bars) == (max(bars) - start) // self.step + 1
