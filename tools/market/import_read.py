"""Every table in what a person names: files, archives, folders; and what a file's name says of it."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tools.market.import_text import read_text
from tools.market.problems import MarketError

SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    ".feather",
    ".parquet",
    ".zip",
    ".csv.gz",
    ".tsv.gz",
    ".txt.gz",
    ".json.gz",
)
#: The most that one file may hold when it is unpacked.
MOST_BYTES = 2 << 30
_MOST_MEMBERS = 20_000
_FREQTRADE = re.compile(r"-(\d+[mhdwM])-(futures|mark|index|premiumIndex|funding_rate)$")
_TIMEFRAME = re.compile(r"[-_.](\d+[mhdw])(?=[-_.]|$)")


@dataclass(frozen=True)
class Named:
    """What a file's name says: ``what`` is candles, funding or another kind that is no candle; ``perpetual`` where the name
    tells so; ``timeframe`` or None."""

    what: str
    perpetual: bool
    timeframe: str | None


@dataclass(frozen=True)
class Source:
    """One table to be read: a file, or a member of an archive."""

    label: str
    path: Path
    member: str | None = None
    #: A file of no certain kind that merely lies in a folder: it may be anything.
    stray: bool = False

    @property
    def name(self) -> Path:
        """The file's name that tells what is in it."""
        own = Path(self.member or self.path).name
        return Path(own)

    def table(self) -> pd.DataFrame:
        """Raises MarketError, one line, whatever is wrong with it."""
        import pyarrow

        try:
            return self._table()
        except MarketError:
            raise
        except FileNotFoundError as error:
            raise MarketError(f"{self.label}: no such file: correct the name") from error
        except (
            OSError,
            ValueError,
            EOFError,
            RuntimeError,
            NotImplementedError,
            zlib.error,
            zipfile.BadZipFile,
            RecursionError,
            pyarrow.ArrowException,
        ) as error:
            detail = (str(error).splitlines() or [type(error).__name__])[0][:120]
            raise MarketError(
                f"{self.label}: cannot be read ({detail}): the file is damaged, get it again"
            ) from error

    def _table(self) -> pd.DataFrame:
        name = self.name.name.lower()
        if self.member is None and name.endswith(".parquet"):
            return pd.read_parquet(self.path)
        if self.member is None and name.endswith(".feather"):
            return pd.read_feather(self.path)
        raw = self._bytes()
        if not raw.strip():
            raise MarketError(f"{self.label}: the file is empty: give a file with at least 2 bars")
        if name.removesuffix(".gz").endswith(".json"):
            return _from_json(raw, self.label)
        return read_text(raw, self.label)

    def _bytes(self) -> bytes:
        if self.member is not None:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
                raw = file.read(MOST_BYTES + 1)
        elif self.path.name.lower().endswith(".gz"):
            with gzip.open(self.path) as file:
                raw = file.read(MOST_BYTES + 1)
        else:
            with self.path.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise MarketError(f"{self.label}: holds more than {MOST_BYTES >> 30} GB: split it")
        return raw


def said_by(name: Path) -> Named:
    """What a file is called: freqtrade's and Binance's kinds of file have theirs in the name."""
    stem = name.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
            break
    kind = _FREQTRADE.search(stem)
    frame = _TIMEFRAME.search(stem)
    timeframe = frame[1] if frame else None
    if kind:
        what = {"futures": "candles", "funding_rate": "funding"}.get(kind[2], f"{kind[2]} prices")
        return Named(what, True, timeframe)
    if re.search(r"-trades$", stem):
        return Named("single trades", False, None)
    if "fundingRate" in stem:
        return Named("funding", True, None)
    if re.search(r"-(metrics|aggTrades|bookDepth|bookTicker|liquidationSnapshot)\b", stem):
        return Named("no candles", False, None)
    return Named("candles", False, timeframe)


def symbol_text(name: Path) -> str:
    """The file's name with what is not the symbol's left out, for ``symbol_of_file``."""
    return name.name.replace("-fundingRate", "")


def files_in(given: Path) -> list[tuple[Path, str]]:
    """The files that a path means, and what each is called. A folder is searched to the ground; what is no market file is
    left alone there, a file that is named is not. Raises MarketError where there is nothing."""
    if given.is_dir():
        files = [p for p in sorted(given.rglob("*")) if p.is_file() and _is_wanted(p, given)]
        if not files:
            raise MarketError(f"{given}: holds no file of {', '.join(SUFFIXES)}: name another folder")
        top = given.resolve().name
        return [(path, f"{top}/{path.relative_to(given).as_posix()}") for path in files]
    if not given.exists():
        raise MarketError(f"{given}: no such file: correct the name")
    if not given.name.lower().endswith(SUFFIXES):
        raise MarketError(f"{given.name}: not a format we read: use {', '.join(SUFFIXES)}")
    return [(given, given.name)]


def _is_wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and path.name.lower().endswith(SUFFIXES)


def sources_of(path: Path, label: str) -> Iterator[Source]:
    """Every table that a file holds. Raises MarketError for an archive that cannot be opened or holds none."""
    if not path.name.lower().endswith(".zip"):
        kind = path.name.lower().removesuffix(".gz")
        yield Source(label, path, None, stray=label != path.name and kind.endswith((".json", ".txt")))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m.filename for m in archive.infolist()[:_MOST_MEMBERS] if not m.is_dir()]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise MarketError(f"{label}: cannot be read ({error}): the file is damaged, get it again") from error
    wanted = [m for m in sorted(members) if m.lower().endswith((".csv", ".tsv", ".txt", ".json"))]
    if not wanted:
        raise MarketError(f"{label}: holds no CSV or JSON file: unpack it, and name what is in it")
    for member in wanted:
        yield Source(label if len(wanted) == 1 else f"{label}:{member}", path, member)


def _from_json(raw: bytes, what: str) -> pd.DataFrame:
    """freqtrade's list of rows, a list of objects, or an object of columns."""
    found: Any = json.loads(raw)
    if isinstance(found, list) and found and all(isinstance(row, list) for row in found):
        names = ["timestamp", "open", "high", "low", "close", "volume"]
        if len(found[0]) < len(names):
            raise MarketError(
                f"{what}: rows of {len(found[0])} values are no candles: give time, four prices, volume"
            )
        return pd.DataFrame([row[: len(names)] for row in found], columns=names)
    if isinstance(found, list | dict) and found:
        return pd.DataFrame(found)
    raise MarketError(f"{what}: holds no candles: give a list of rows")
