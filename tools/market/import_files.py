"""Brings candles from other people's formats to ours: one Parquet file a market, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tools.contracts import PRICE_COLUMNS, Ints, Market
from tools.market.clock import infer_minutes, timeframe_minutes, timeframe_text
from tools.market.import_columns import Columns, columns_of
from tools.market.import_merge import gap_note, merged, refuse, with_funding
from tools.market.import_read import Source, files_in, said_by, sources_of, symbol_text
from tools.market.names import clean_symbol, symbol_of_file
from tools.market.problems import MarketError, NotCandlesError, utc_text
from tools.market.repair import repair_market
from tools.market.save import save_market


@dataclass(frozen=True)
class Imported:
    """One file of ours. ``status`` is written or unchanged; ``sources`` are the labels of what it was made of."""

    path: Path
    symbol: str
    status: str
    bars: int
    from_ns: int
    to_ns: int
    columns: tuple[str, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class ImportReport:
    """``failed`` and ``skipped`` map a source's label to the reason, one line each."""

    done: list[Imported] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """One table of one market: candles of ``minutes`` or, where that is 0, funding rates."""

    source: Source
    symbol: str
    perpetual: bool
    minutes: int
    columns: Columns

    @property
    def label(self) -> str:
        """What its source is called."""
        return self.source.label


def import_markets(
    given: Sequence[Path],
    folder: Path,
    *,
    symbol: str | None = None,
    repair: bool = False,
    force: bool = False,
) -> ImportReport:
    """Read every table in ``given`` (files, archives, folders) and write ``FOLDER/SYMBOL-TIMEFRAME.parquet`` for each market.

    Tables of one market and timeframe are put together (Binance's are a month each); freqtrade's funding goes to its
    perpetual's candles. ``symbol`` names the one market of sources that do not tell. A file that is there and differs is
    replaced with ``force`` alone, one of the sources never. What cannot be read is named and the rest goes on."""
    report = ImportReport()
    pieces = list(_read(given, symbol, report))
    funding = [piece for piece in pieces if not piece.minutes]
    groups: dict[tuple[str, int, bool], list[Piece]] = {}
    for piece in pieces:
        if piece.minutes:
            groups.setdefault((piece.symbol, piece.minutes, piece.perpetual), []).append(piece)
    put = _Put(folder, {p.source.path.resolve() for p in pieces}, repair, force)
    perpetuals = {name for name, _, perpetual in groups if perpetual}
    for (name, _, perpetual), parts in sorted(groups.items()):
        own = [f for f in funding if f.symbol == name and (perpetual or name not in perpetuals)]
        try:
            report.done.append(put.write(parts, own))
        except MarketError as error:
            report.failed[_labels(parts)] = str(error)
    homeless = sorted({f.label for f in funding if f.symbol not in {key[0] for key in groups}})
    report.skipped |= dict.fromkeys(homeless, "funding rates without candles of that market")
    return report


def _read(given: Iterable[Path], symbol: str | None, report: ImportReport) -> Iterable[Piece]:
    for source in _all_sources(given, report):
        try:
            yield from list(_pieces(source, symbol, report))
        except MarketError as error:
            where = report.skipped if source.stray and isinstance(error, NotCandlesError) else report.failed
            where[source.label] = str(error)


def _all_sources(given: Iterable[Path], report: ImportReport) -> Iterable[Source]:
    for place in given:
        try:
            files = files_in(place)
        except MarketError as error:
            report.failed[str(place)] = str(error)
            continue
        for path, label in files:
            try:
                yield from sources_of(path, label)
            except MarketError as error:
                report.failed[label] = str(error)


def _pieces(source: Source, symbol: str | None, report: ImportReport) -> Iterable[Piece]:
    said = said_by(source.name)
    if said.what not in ("candles", "funding"):
        report.skipped[source.label] = f"{said.what}: not candles of trades"
        return
    found = columns_of(source.table(), source.label)
    for name, part in _by_symbol(found, source, symbol).items():
        if said.what == "funding":
            yield Piece(source, name, True, 0, part)
            continue
        if "funding_rate" in part.values and not set(PRICE_COLUMNS) & set(part.values):
            yield Piece(source, name, True, 0, part)
            continue
        missing = [column for column in PRICE_COLUMNS if column not in part.values]
        if missing:
            has = ", ".join(part.values) or "none"
            raise MarketError(
                f"{source.label}: not candles, column {', '.join(missing)} is missing (it has {has})"
            )
        yield Piece(source, name, said.perpetual, _minutes(part.time, said.timeframe, source.label), part)


def _by_symbol(found: Columns, source: Source, symbol: str | None) -> dict[str, Columns]:
    if found.symbols is None or symbol is not None:
        name = clean_symbol(symbol) if symbol else symbol_of_file(Path(symbol_text(source.name)))
        return {name: replace(found, symbols=None)}
    labels = found.symbols.astype(str).map(clean_symbol).to_numpy()
    parts = {}
    for name in sorted(set(labels)):
        rows = labels == name
        values = {column: numbers[rows] for column, numbers in found.values.items()}
        parts[str(name)] = Columns(found.time[rows], values, None, found.notes)
    return parts


def _minutes(time: Ints, timeframe: str | None, what: str) -> int:
    """The length of a bar: as the bars say, or as the name does for a table of one bar."""
    if timeframe is not None and len(np.unique(time)) < 2:
        return timeframe_minutes(timeframe)
    return infer_minutes(time, what)


def _labels(parts: Sequence[Piece]) -> str:
    names = list(dict.fromkeys(part.label for part in parts))
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


@dataclass
class _Put:
    """Writes markets. ``read`` are the files that they were made of."""

    folder: Path
    read: set[Path]
    repair: bool
    force: bool
    _taken: dict[Path, str] = field(default_factory=dict)

    def write(self, parts: list[Piece], funding: list[Piece]) -> Imported:
        """Put the parts together and write them. Raises MarketError."""
        name, minutes = parts[0].symbol, parts[0].minutes
        path = self.folder / f"{name}-{timeframe_text(minutes)}.parquet"
        labels = _labels(parts)
        if path in self._taken:
            raise MarketError(
                f"{labels}: would be {path.name}, as {self._taken[path]} is (spot and perpetual): import them to two folders"
            )
        self._taken[path] = labels
        market, notes = merged(labels, name, [part.columns for part in parts])
        if self.repair:
            market, done = repair_market(market)
            notes += done
        refuse(labels, market)
        notes += gap_note(market)
        if funding:
            market, note = with_funding(market, [(part.label, part.columns) for part in funding])
            notes.append(note)
        status = self._put(market, path)
        sources = tuple(dict.fromkeys(part.label for part in (*parts, *funding)))
        first, last = int(market.time[0]), int(market.time[-1])
        return Imported(
            path, name, status, len(market), first, last, tuple(market.columns), sources, tuple(notes)
        )

    def _put(self, market: Market, path: Path) -> str:
        """Write beside, compare, and put it in place; "written" or "unchanged"."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MarketError(
                f"{path.parent}: cannot be written ({error.strerror}): choose another folder"
            ) from error
        if not path.exists():
            save_market(market, path)
            return "written"
        fresh = path.with_name(f".{path.stem}.new.parquet")
        try:
            save_market(market, fresh)
            if fresh.read_bytes() == path.read_bytes():
                return "unchanged"
            self._may_replace(path, market)
            fresh.replace(path)
            return "written"
        finally:
            fresh.unlink(missing_ok=True)

    def _may_replace(self, path: Path, market: Market) -> None:
        if path.resolve() in self.read:
            raise MarketError(f"{path}: is one of the sources: import to another folder")
        if not self.force:
            new = f"the new one has {len(market):,} bars from {utc_text(int(market.time[0]))}"
            raise MarketError(f"{path}: is there already and differs ({new}): --force replaces it")
