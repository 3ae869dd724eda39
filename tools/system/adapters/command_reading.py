"""Which of the things that a command left behind holds its figures, which its trades; and what they say. Runs where time and
memory are bounded (``command_worker``): all of this is hostile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.system.adapters import command_csv, command_freqtrade, command_json, command_text, command_trades
from tools.system.adapters.command_figures import Figure, Figures, ReportError
from tools.system.adapters.command_trades import Trades
from tools.system.globs import matches

PRINTED = "what it prints"
_SUFFIXES = {".json": "json", ".csv": "csv", ".zip": "freqtrade"}


@dataclass(frozen=True)
class Wanted:
    """The settings that say where to look; see ``CommandSection``. ``result`` and ``trades`` are globs."""

    result: str | None = None
    trades: str | None = None
    format: str | None = None
    metrics: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    strategy: str | None = None
    trade_columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Left:
    """What a run left: new files (the newest last), what it printed, names of files that it did not write anew, and of those
    that were too large to bring back."""

    files: Mapping[str, bytes]
    printed: str
    unchanged: tuple[str, ...] = ()
    too_large: tuple[str, ...] = ()


@dataclass
class Reading:
    """Figures and trades, and where they were found; ``trades_why`` says why there are none."""

    figures: Figures
    source: str
    trades: Trades = field(default_factory=Trades)
    trades_why: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "figures": [asdict(figure) for figure in self.figures.ours.values()],
            "others": self.figures.others,
            "notes": self.figures.notes[:20],
            "source": self.source,
            "trades": asdict(self.trades),
            "trades_why": self.trades_why,
        }


def read_report(wanted: Wanted, left: Left) -> Reading:
    """Raises ReportError, one line, where what was named cannot be read or nothing was reported."""
    if wanted.result is not None:
        name = _named(wanted.result, "result", left)
        reading = _of_file(name, left.files[name], wanted)
    elif wanted.format == "regex" or (wanted.metrics and wanted.format is None):
        reading = Reading(command_text.figures(left.printed, PRINTED, wanted.metrics, wanted.units), PRINTED)
    else:
        reading = _guessed(wanted, left)
    _add_trades(reading, wanted, left)
    return reading


def _of_file(name: str, data: bytes, wanted: Wanted) -> Reading:
    if wanted.format is None and not wanted.metrics and command_freqtrade.is_export_name(name):
        return Reading(*_export(command_freqtrade.document_of(data, name), name, wanted))
    form = wanted.format or next((f for s, f in _SUFFIXES.items() if name.lower().endswith(s)), "regex")
    if form == "csv":
        return Reading(command_csv.figures(data, name, wanted.metrics, wanted.units), name)
    if form == "regex":
        text = data.decode("utf-8", "replace")
        return Reading(command_text.figures(text, name, wanted.metrics, wanted.units), name)
    document = command_freqtrade.document_of(data, name)
    if form == "freqtrade" or (
        wanted.format is None and not wanted.metrics and command_freqtrade.is_export(document)
    ):
        return Reading(*_export(document, name, wanted))
    return Reading(command_json.figures(document, name, wanted.metrics, wanted.units), name)


def _export(document: Any, name: str, wanted: Wanted) -> tuple[Figures, str, Trades]:
    figures, trades = command_freqtrade.read(document, name, wanted.strategy, wanted.units)
    if wanted.metrics:  # the person's own paths, from the top of the document
        figures.ours |= command_json.figures(document, name, wanted.metrics, wanted.units).ours
    return figures, name, trades


def _guessed(wanted: Wanted, left: Left) -> Reading:
    """freqtrade's export by its name, else the new file that knows the most of our figures, else what was printed."""
    exports = [name for name in left.files if command_freqtrade.is_export_name(name)]
    if exports and wanted.format in (None, "freqtrade"):
        return _of_file(exports[-1], left.files[exports[-1]], wanted)
    if wanted.format == "freqtrade":
        raise ReportError(
            f"the command wrote no backtest-result*.json or .zip{_wrote(left)}; set [command] result, or freqtrade's --export"
        )
    suffixes = [s for s, f in _SUFFIXES.items() if f == wanted.format] if wanted.format else [".json", ".csv"]
    found = [_tried(n, d, wanted) for n, d in left.files.items() if n.lower().endswith(tuple(suffixes))]
    if wanted.format is None:
        found.insert(0, Reading(command_text.figures(left.printed, PRINTED, {}, wanted.units), PRINTED))
    # The newest of the best: a later one wins where they know as many.
    best = max(enumerate(found), key=lambda pair: (_known(pair[1]), pair[0]), default=(0, None))[1]
    if best is None or not _known(best):
        raise ReportError(
            f"nothing that the command wrote or printed has a figure whose name is known{_wrote(left)}; name the file by "
            "[command] result and its figures by [command] metrics"
        )
    return best


def _tried(name: str, data: bytes, wanted: Wanted) -> Reading | None:
    try:
        if name.lower().endswith(".csv") and command_trades.looks_like_trades(
            command_csv.table(data, name)[0]
        ):
            return None
        return _of_file(name, data, wanted)
    except ReportError:
        return None  # some other file of the command's: nobody said that it holds figures


def _known(reading: Reading | None) -> int:
    return 0 if reading is None else sum(f.value is not None for f in reading.figures.ours.values())


def _add_trades(reading: Reading, wanted: Wanted, left: Left) -> None:
    try:
        if wanted.trades is not None:
            name = _named(wanted.trades, "trades", left)
            reading.trades = _trades_of(name, left.files[name], wanted)
        elif not reading.trades.source:
            _guess_trades(reading, wanted, left)
    except ReportError as error:
        reading.trades_why = str(error)
    if not reading.trades.source:
        reading.trades_why = reading.trades_why or "the command reports no table of trades"
        return
    if "trades" not in reading.figures.ours:
        counted = Figure("trades", float(reading.trades.n), "trades", reading.trades.source)
        note = "counted in the trades that the command reports"
        reading.figures.ours["trades"] = Figure(**{**asdict(counted), "note": note})


def _guess_trades(reading: Reading, wanted: Wanted, left: Left) -> None:
    for name, data in reversed(list(left.files.items())):
        if (
            name != reading.source
            and re.search(r"trade", name, re.I)
            and name.lower().endswith((".csv", ".json"))
        ):
            try:
                reading.trades = _trades_of(name, data, wanted)
            except ReportError:
                continue  # its name alone promised trades
            return


def _trades_of(name: str, data: bytes, wanted: Wanted) -> Trades:
    read = command_trades.from_json if name.lower().endswith(".json") else command_trades.from_csv
    return read(data, name, wanted.trade_columns)


def _named(pattern: str, key: str, left: Left) -> str:
    """The newest file that the setting names, or why there is none."""
    found = [name for name in left.files if matches(name, (pattern,))]
    if found:
        return found[-1]
    for names, why in (
        (left.too_large, "is too large to bring back (16 MB a file, 64 MB together); write less"),
        (left.unchanged, "was there before, and the command did not write it anew; let the command write it"),
    ):
        there = [name for name in names if matches(name, (pattern,))]
        if there:
            raise ReportError(f"{there[-1]} ([command] {key}) {why}")
    raise ReportError(f"the command wrote no {pattern} ([command] {key}){_wrote(left)}; correct the setting")


def _wrote(left: Left) -> str:
    return (
        f" (it wrote {', '.join(list(left.files)[-6:])})" if left.files else " (it wrote no file of figures)"
    )
