"""What has been fetched of one market: bars, and which stretches of time were asked for. One Parquet file, whole or not there.

While a fetch is going on its progress lies beside the file under a hidden name that is no market file's; the file itself
changes once, when everything that was asked for has come.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tools.contracts import Floats, Ints
from tools.market.problems import MarketError
from tools.market.save import taking_the_place_of
from tools.market.spans import Span, merged

_META = b"mendel.fetch"
_MS = 1_000_000


@dataclass(frozen=True)
class Origin:
    """Where the bars come from; a file holds one origin's. ``series`` is what was fetched beside candles."""

    exchange: str
    symbol: str
    timeframe: str
    series: tuple[str, ...] = ()

    def same_market(self, other: Origin) -> bool:
        """Whether both are the same candles, whatever else comes with them."""
        return replace(self, series=()) == replace(other, series=())


@dataclass(frozen=True)
class Held:
    """Bars by open time (``time``: ms UTC, sorted, unique) and the spans (ms) that were asked for and answered."""

    origin: Origin
    time: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    columns: Mapping[str, Floats] = field(default_factory=dict)
    asked: tuple[Span, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    def plus(self, time: Ints, columns: Mapping[str, Floats], asked: Span) -> Held:
        """With more bars; of two at one time the one that was there stays. A column that one side lacks is NaN there."""
        order, first = np.unique(np.concatenate([self.time, time]), return_index=True)
        joined = {
            name: np.concatenate([_or_unknown(side, name, count) for side, count in sides])[first]
            for sides in (((self.columns, len(self.time)), (columns, len(time))),)
            for name in {**columns, **self.columns}
        }
        spans = merged((*self.asked, asked))
        return replace(self, time=order.astype(np.int64), columns=joined, asked=spans)


def _or_unknown(columns: Mapping[str, Floats], name: str, count: int) -> Floats:
    return columns[name] if name in columns else np.full(count, np.nan)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """No other process fetches the same file meanwhile. Raises MarketError where one does."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(_beside(path, "lock"))
        lock.acquire(blocking=False)
    except Timeout as error:
        raise MarketError(f"{path}: another fetch is writing it; wait for its end") from error
    except OSError as error:
        raise MarketError(
            f"{path.parent}: cannot be written ({error.strerror or error}): choose another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


def progress_file(path: Path) -> Path:
    """Where an unfinished fetch of ``path`` is kept."""
    return _beside(path, "fetching")


def _beside(path: Path, suffix: str) -> Path:
    """A hidden name that no walk over a system's source takes for source."""
    return path.with_name(f".mendel-{path.name.removeprefix('.mendel-')}.{suffix}")


def read_held(path: Path, origin: Origin) -> tuple[Held, Held | None]:
    """What to go on from, and what the file holds. Going on means: from the unfinished fetch where that has come further, from
    the file, or from nothing where the file lacks a series that ``origin`` has; a series that the file has is kept up.

    Raises MarketError where the file is damaged, or of another origin: two are never mixed."""
    done = _read(path) if path.exists() else None
    if done is None:
        return _begun(path, origin) or Held(origin), None
    if not done.origin.same_market(origin):
        other = done.origin
        raise MarketError(
            f"{path}: holds {other.symbol} of {other.exchange}, not {origin.symbol} of {origin.exchange}; "
            "fetch to another folder"
        )
    wanted = replace(origin, series=tuple(sorted({*origin.series, *done.origin.series})))
    begun = _begun(path, wanted)
    if done.origin != wanted:
        return begun or Held(wanted), done
    return (begun if begun is not None and _reach(begun) > _reach(done) else done), done


def write_held(held: Held, path: Path) -> None:
    """Write all of it to ``path``: a new file takes the old one's place in one step."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    stamps = pd.DatetimeIndex((held.time * _MS).view("datetime64[ns]")).tz_localize("UTC")
    table = pa.Table.from_pandas(pd.DataFrame({"timestamp": stamps, **held.columns}), preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _META: _described(held)})
    with taking_the_place_of(path, _beside(path, "part")) as part, part.open("wb") as file:
        pq.write_table(table, file)
        file.flush()
        os.fsync(file.fileno())


def finish(held: Held, path: Path) -> None:
    """Write the file itself and forget the unfinished one."""
    write_held(held, path)
    progress_file(path).unlink(missing_ok=True)


def _described(held: Held) -> bytes:
    origin = held.origin
    return json.dumps(
        {
            "exchange": origin.exchange,
            "symbol": origin.symbol,
            "timeframe": origin.timeframe,
            "series": list(origin.series),
            "asked_ms": [list(span) for span in held.asked],
        }
    ).encode()


def _begun(path: Path, origin: Origin) -> Held | None:
    path = progress_file(path)
    try:
        found = _read(path) if path.exists() else None
    except MarketError:
        return None  # not worth an error: it is fetched again
    return found if found is not None and found.origin == origin else None


def _reach(held: Held) -> int:
    return sum(end - start for start, end in held.asked)


def _read(path: Path) -> Held:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        told = json.loads((table.schema.metadata or {})[_META])
        origin = Origin(told["exchange"], told["symbol"], told["timeframe"], tuple(told["series"]))
        asked = tuple((int(start), int(end)) for start, end in told["asked_ms"])
    except KeyError as error:
        raise MarketError(
            f"{path}: was not written by mendel data fetch, so nothing is added to it; fetch to another folder"
        ) from error
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        raise MarketError(f"{path}: is damaged; remove it and fetch again") from error
    columns: dict[str, Any] = {
        name: np.array(table[name].to_numpy(), dtype=np.float64)
        for name in table.column_names
        if name != "timestamp"
    }
    time = table["timestamp"].cast(pa.int64()).to_numpy() // _MS
    return Held(origin, np.array(time, dtype=np.int64), columns, asked)
