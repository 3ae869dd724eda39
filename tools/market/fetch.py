"""Fetches one market's bars from an exchange: what is missing and has closed, resumed where it was cut off."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tools.contracts import Floats, Ints
from tools.market.clock import MINUTE_NS, timeframe_minutes, timeframe_text
from tools.market.fetch_candles import candle_walk, why_no_taker
from tools.market.fetch_exchange import Exchange
from tools.market.fetch_file import Held, Origin, alone, finish, progress_file, read_held, write_held
from tools.market.fetch_pages import CandleWalk
from tools.market.fetch_series import (
    DAY_MS,
    STALE_AFTER,
    Series,
    funding,
    funding_on_bars,
    levels_on_bars,
    oldest,
    open_interest,
    read_series,
    why_not_offered,
)
from tools.market.names import clean_symbol
from tools.market.problems import MarketError, counted, utc_text
from tools.market.spans import Span, without

#: Pages between two looks at whether to save.
STRETCH_PAGES = 10
#: Saving may take this share of the time.
_SAVING_SHARE = 0.1
_MS = 1_000_000
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What to fetch. Times in ms UTC: bars that open in ``since``..``until``; None = from where the file begins, and up
    to the newest closed bar. ``series`` of ``taker``, ``funding``, ``open-interest``."""

    symbol: str
    timeframe: str
    since: int | None = None
    until: int | None = None
    series: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        """Length of a bar. Raises MarketError for one that does not divide a day."""
        minutes = timeframe_minutes(self.timeframe)
        if 1440 % minutes:
            raise MarketError(
                f"--timeframe {self.timeframe}: does not divide a day; fetch 1d or finer and let [data] timeframe put it together"
            )
        return minutes


@dataclass(frozen=True)
class Fetched:
    """What a file holds now. ``gaps`` are (first missing bar, ns UTC, how many) which the exchange does not have."""

    path: Path
    symbol: str
    bars: int
    new_bars: int
    from_ns: int
    to_ns: int
    columns: tuple[str, ...]
    gaps: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]
    requests: int


def path_for(folder: Path, symbol: str, timeframe: str) -> Path:
    """``TON/USDT:USDT`` in 5m -> ``FOLDER/TONUSDT-5m.parquet``."""
    return folder / f"{clean_symbol(symbol)}-{timeframe_text(timeframe_minutes(timeframe))}.parquet"


def fetch_market(exchange: Exchange, wish: Wish, folder: Path, say: Say = lambda line: None) -> Fetched:
    """Bring ``FOLDER/SYMBOL-TIMEFRAME.parquet`` up to the wish and tell what it holds.

    Only what is missing is asked for; what came before an error or a kill is kept. Raises MarketError."""
    path = path_for(folder, wish.symbol, wish.timeframe)
    step = wish.minutes * MINUTE_NS // _MS
    with alone(path):
        before = exchange.requests
        fetch = _Fetch(exchange, wish, path, step, say)
        held = fetch.run()
        return _told(fetch, held, exchange.requests - before)


@dataclass
class _Fetch:
    exchange: Exchange
    wish: Wish
    path: Path
    step: int
    say: Say
    notes: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    new_bars: int = 0
    mended: int = 0
    _saved_at: float = field(default_factory=time.monotonic)
    _save_took: float = 0.0
    _now: Held | None = None

    def run(self) -> Held:
        held = self._held()
        market = self.exchange.market(self.wish.symbol)
        now = self.exchange.now_ms()
        if market.get("active") is False:
            self.notes.append(f"{self.exchange.name} no longer trades it")
        taker, series = self._offered(market, held.origin.series, now)
        walk = candle_walk(self.exchange, market, self.wish, self.step, now, taker=taker)
        wanted = self._wanted(held, now)
        first = self._now = held
        try:
            for span in without(wanted, held.asked):
                held = self._span(held, span, walk, series, now)
        except (MarketError, KeyboardInterrupt):
            if self.new_bars and self._now is not None:
                write_held(self._now, progress_file(self.path))
            raise
        self.refused += walk.refused
        self.mended += walk.mended
        if not len(held):
            junk = ", ".join(f"{count} {what}" for what, count in sorted(self.refused.items()))
            raise MarketError(
                f"{self.exchange.name}: has no {self.wish.timeframe} bar of {self.wish.symbol} in the time asked for; "
                + (f"it sent {junk}; try later, or check --url" if junk else "choose other dates")
            )
        if held is not first or progress_file(self.path).exists():
            finish(held, self.path)
        return held

    def _held(self) -> Held:
        series = tuple(sorted(self.wish.series))
        held, file = read_held(
            self.path, Origin(self.exchange.name, self.wish.symbol, self.wish.timeframe, series)
        )
        if file is not None and (lacks := set(held.origin.series) - set(file.origin.series)):
            self.notes.append(f"fetched anew, since the file had no {', '.join(sorted(lacks))}")
            first = file.asked[0][0]
            self.wish = replace(self.wish, since=min(first, self.wish.since or first))
        return held

    def _wanted(self, held: Held, now: int) -> Span:
        since = self.wish.since if self.wish.since is not None else (held.asked[0][0] if held.asked else None)
        if since is None:
            raise MarketError(
                f"{self.path.name}: is not there yet: say from when, such as --since 2025-01-01"
            )
        newest = now - now % self.step  # a bar that opens here has not closed
        until = newest if self.wish.until is None else min(newest, self.wish.until)
        start = -(-since // self.step) * self.step
        if start >= until and not len(held):
            raise MarketError(
                f"nothing to fetch between {utc_text(start * _MS)} and {utc_text(until * _MS)}: choose an earlier --since"
            )
        return start, -(-until // self.step) * self.step

    def _offered(
        self, market: Mapping[str, Any], names: Sequence[str], now: int
    ) -> tuple[bool, list[Series]]:
        series = []
        taker = "taker" in names
        if taker and (why := why_no_taker(self.exchange)):
            taker = False
            self.notes.append(why)
        for kind in (funding(), open_interest(self.wish.minutes)):
            if kind.name not in names:
                continue
            if why := why_not_offered(self.exchange, dict(market), kind):
                self.notes.append(why)
                continue
            series.append(kind)
            if limit := oldest(self.exchange, kind, now):
                self.notes.append(
                    f"{kind.name}: {self.exchange.name} keeps it for {(now - limit) // DAY_MS + 1} days; older bars that lack it are NaN"
                )
        return taker, series

    def _span(self, held: Held, span: Span, walk: CandleWalk, series: Sequence[Series], now: int) -> Held:
        at, end = span
        if len(held) and series and at == int(held.time[-1]) + self.step:
            held = self._tail(held, series, now)
        while at < end:
            bars, onward = walk.read((at, min(end, at + STRETCH_PAGES * walk.page * self.step)))
            stop = min(onward, end)
            opened = np.array(sorted(bars), dtype=np.int64)
            columns: dict[str, Floats] = {}
            if len(bars):
                values = np.array([bars[int(t)] for t in opened]).T
                columns = dict(zip(walk.layout.columns, values, strict=True))
                columns |= self._side(opened, (at, stop), series, now)
            self.new_bars += len(bars)
            if len(bars) or len(held):
                held = held.plus(opened, columns, (at, self._settled(opened, at, stop, now)))
                self._now = held
            at = stop
            left = max(0, (end - at) // self.step)
            self.say(f"{self.path.stem}: {self.new_bars:,} new bars, {left:,} to go")
            if at < end:
                self._save(held)
        return held

    def _settled(self, opened: Ints, start: int, stop: int, now: int) -> int:
        """Up to where no more can come: an exchange may be late with its newest bars, by less than a day."""
        last = int(opened[-1]) + self.step if len(opened) else start
        old = now - DAY_MS
        return min(stop, max(last, old - old % self.step))

    def _side(self, opened: Ints, span: Span, series: Sequence[Series], now: int) -> dict[str, Floats]:
        columns: dict[str, Floats] = {}
        for kind in series:
            reach = (span[0] - STALE_AFTER * kind.interval - self.step, span[1])
            found = read_series(self.exchange, self.wish.symbol, kind, reach, now, self.refused)
            if kind.name == "funding":
                columns[kind.column] = funding_on_bars(found, opened, self.step)
            else:
                columns[kind.column] = levels_on_bars(found, opened, kind.interval)
        return columns

    def _tail(self, held: Held, series: Sequence[Series], now: int) -> Held:
        """What was not published yet when the newest bars were stored."""
        reach = max(STALE_AFTER * kind.interval for kind in series)
        tail = held.time >= held.time[-1] - reach
        late = self._side(
            held.time[tail], (int(held.time[tail][0]), int(held.time[-1]) + self.step), series, now
        )
        columns = dict(held.columns)
        for name, values in late.items():
            old = columns[name].copy()
            unknown = np.isnan(old[tail]) if name != "funding_rate" else old[tail] == 0
            old[tail] = np.where(unknown, values, old[tail])
            columns[name] = old
        return replace(held, columns=columns)

    def _save(self, held: Held) -> None:
        """Now and then, so that a kill costs little and saving does not cost much."""
        if time.monotonic() - self._saved_at < self._save_took / _SAVING_SHARE or not len(held):
            return
        started = time.monotonic()
        write_held(held, progress_file(self.path))
        self._saved_at = time.monotonic()
        self._save_took = self._saved_at - started


def _told(fetch: _Fetch, held: Held, requests: int) -> Fetched:
    distance = np.diff(held.time)
    holes = np.flatnonzero(distance > fetch.step)
    gaps = tuple(((int(held.time[i]) + fetch.step) * _MS, int(distance[i] // fetch.step - 1)) for i in holes)
    notes = list(fetch.notes)
    if gaps:
        missing = sum(count for _, count in gaps)
        notes.append(
            f"{counted(missing, 'bars')} that the exchange does not have, in {len(gaps)} gap{'s' * (len(gaps) > 1)} "
            f"(first at {utc_text(gaps[0][0])}): left out, not filled"
        )
    notes += [f"refused {count} {what}" for what, count in sorted(fetch.refused.items())]
    if fetch.mended:
        notes.append(
            f"asked again where a page came short or broken: {counted(fetch.mended, 'bars')} came then"
        )
    notes += [f"asked again after {count} {what}" for what, count in sorted(fetch.exchange.repeats.items())]
    fetch.exchange.repeats.clear()
    return Fetched(
        fetch.path,
        clean_symbol(fetch.wish.symbol),
        len(held),
        fetch.new_bars,
        int(held.time[0]) * _MS,
        int(held.time[-1]) * _MS,
        tuple(held.columns),
        gaps,
        tuple(notes),
        requests,
    )
