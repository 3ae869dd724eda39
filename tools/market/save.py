"""Writes a market to a file that :func:`tools.market.load_market` reads back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from tools.contracts import Market
from tools.market.problems import MarketError


def save_market(market: Market, path: Path) -> None:
    """Writes ``timestamp`` (UTC, bar open) and the columns as Parquet, Feather, CSV or gzipped CSV, by suffix.

    The file appears whole or not at all. The symbol is not written: the file's name should start with it.
    Raises MarketError for another suffix or when the folder cannot be written to."""
    stamps = pd.DatetimeIndex(market.time.view("datetime64[ns]")).tz_localize("UTC")
    table = pd.DataFrame({"timestamp": stamps, **market.columns})
    with taking_the_place_of(path, path.with_name(f".{path.name}.part")) as part:
        _write(table, part, path.name.lower())


@contextmanager
def taking_the_place_of(path: Path, part: Path) -> Iterator[Path]:
    """``part`` is written inside, and is then ``path`` in one step. Raises MarketError, and leaves no part, where the disk says no."""
    try:
        yield part
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MarketError(
            f"{path}: cannot be written ({error.strerror or error}): check the folder and the disk"
        ) from error


def _write(table: pd.DataFrame, part: Path, name: str) -> None:
    if name.endswith(".parquet"):
        table.to_parquet(part, index=False)
    elif name.endswith(".feather"):
        table.to_feather(part)
    elif name.endswith((".csv", ".csv.gz")):
        table.to_csv(part, index=False, compression="gzip" if name.endswith(".gz") else None)
    else:
        raise MarketError(
            f"{part.name[1:-5]}: not a format we write: use .parquet, .feather, .csv or .csv.gz"
        )
