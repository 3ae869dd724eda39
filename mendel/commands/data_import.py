"""``mendel data import``: candles that a person has already, from other formats."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import NO, Answer, JsonOption, emit, guarded, iso, say
from tools.errors import MendelError

if TYPE_CHECKING:
    from tools.market.import_files import ImportReport


class ImportFailedError(MendelError):
    """Nothing could be imported."""


@guarded
def import_(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders or globs: CSV, JSON, Feather, Parquet, .zip, .gz.")
    ],
    to: Annotated[Path, typer.Option(help="Folder of the Parquet files.")] = Path("data"),
    symbol: Annotated[
        str | None,
        typer.Option(help="The symbol, where the files hold one market and do not tell.", show_default=False),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended and say what was done.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there and differ.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Turn candles of other formats into Parquet files that Mendel reads: CSV of any delimiter, with a header or Binance's
    without, zipped or not, and freqtrade's folders with their perpetuals and funding.

    Files of one market are put together. What cannot be read is named, the rest is imported (exit code 1, 2 where nothing was).

    Example: mendel data import user_data/data/binance --to data
    """
    from tools.market.import_files import import_markets

    if to.exists() and not to.is_dir():
        raise ImportFailedError(f"--to {to}: is a file; name a folder")
    report = import_markets(_paths(sources), to, symbol=symbol, repair=repair, force=force)
    if not report.done:
        skipped = (v if v.startswith(k) else f"{k}: {v}" for k, v in report.skipped.items())
        reasons = [*report.failed.values(), *skipped]
        raise ImportFailedError(reasons[0] if reasons else "nothing to import: name a file")
    if as_json:
        emit(_document(report))
    else:
        _show(report)
    if report.failed:
        first = next(iter(report.failed.values()))
        raise Answer(NO, f"{len(report.failed)} could not be imported: {first}")


def _paths(sources: list[str]) -> list[Path]:
    found: list[Path] = []
    for text in sources:
        place = Path(text).expanduser()
        hits = [] if place.exists() else sorted(glob.glob(str(place), recursive=True))  # noqa: PTH207
        found += [Path(name) for name in hits] or [place]
    return list(dict.fromkeys(found))


def _document(report: ImportReport) -> dict[str, Any]:
    files = [
        {
            "file": str(done.path),
            "symbol": done.symbol,
            "status": done.status,
            "bars": done.bars,
            "from": iso(done.from_ns),
            "to": iso(done.to_ns),
            "columns": list(done.columns),
            "sources": list(done.sources),
            "notes": list(done.notes),
        }
        for done in report.done
    ]
    return {"files": files, "failed": report.failed, "skipped": report.skipped}


def _show(report: ImportReport) -> None:
    for done in report.done:
        say(f"{done.path}: {done.status}, {done.bars:,} bars, {iso(done.from_ns)} to {iso(done.to_ns)}")
        for line in done.notes:
            say(f"    {line}")
    for label, why in report.skipped.items():
        say(f"left out: {why}" if why.startswith(label) else f"left out: {label}: {why}")
    for line in report.failed.values():
        say(f"failed: {line}")
