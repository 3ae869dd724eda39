"""The candle files that a command may read: the system's own, cut where the vault begins, at their own places."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.contracts import Market
from tools.market.load import find_files
from tools.market.names import looks_like_market, symbol_of_file
from tools.market.older import older_rows
from tools.market.problems import MarketError
from tools.market.save import save_market
from tools.system.adapters.base import AdapterError
from tools.system.globs import fixed_part
from tools.system.markets import SystemMarkets
from tools.system.system import System

#: Where files go that do not lie below the system's source.
ELSEWHERE = "mendel_data"
_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class CutData:
    """``files``: path in the copy -> bytes, no bar of the vault in any; ``folder``: where they lie, "." for the root."""

    folder: str
    files: dict[str, bytes]

    def file_of(self, symbol: str) -> str | None:
        """The file that is named after the symbol, else the only one there is."""
        for path in self.files:
            try:
                if symbol_of_file(Path(path)) == symbol:
                    return path
            except MarketError:  # a name without a symbol, such as 2024.csv
                continue
        return next(iter(self.files)) if len(self.files) == 1 else None


def cut_data(
    system: System, loaded: SystemMarkets, *, data: str | None = None, symbols: tuple[str, ...] | None = None
) -> CutData:
    """The files of ``[data] path``, or of ``data`` (relative to the current folder) in their place; where a provider gives
    the bars, files made of them. ``symbols`` leaves out the files that are named after others. Raises AdapterError for more than
    a job may be given."""
    own = system.config.data.path
    if data is None and own is None:
        return _small_enough(CutData(ELSEWHERE, _made(loaded.markets)))
    pattern, base = (data, Path.cwd()) if data is not None else (own or "", system.home)
    start = (base / Path(fixed_part(pattern)).expanduser()).resolve()
    cut, folder = CutData(_place(system), {}), _place(system)
    for file in find_files(pattern, base):
        if symbols is not None and _other(file, symbols):
            continue
        rows = older_rows(file, loaded.until_ns)
        if rows is not None:
            inside = file.resolve().relative_to(start).as_posix() if _below(file, start) else file.name
            cut.files[(PurePosixPath(folder) / inside).as_posix()] = rows
    return _small_enough(cut)


def _made(markets: Mapping[str, Market]) -> dict[str, bytes]:
    """Parquet files as ``mendel data`` writes them, one a symbol."""
    files = {}
    with tempfile.TemporaryDirectory(prefix="mendel-candles-") as folder:
        for symbol, market in markets.items():
            minutes = market.timeframe_minutes
            name = (
                f"{symbol}-{minutes // 60}h.parquet" if minutes % 60 == 0 else f"{symbol}-{minutes}m.parquet"
            )
            save_market(market, Path(folder) / name)
            files[f"{ELSEWHERE}/{name}"] = (Path(folder) / name).read_bytes()
    return files


def _small_enough(cut: CutData) -> CutData:
    size = sum(map(len, cut.files.values()))
    if size > _MOST_BYTES:
        raise AdapterError(
            f"mendel.toml: [data] path: {size >> 20} MB of candles are more than a command is given ({_MOST_BYTES >> 20} MB); "
            "choose some by --symbol or [data] symbols"
        )
    return cut


def _place(system: System) -> str:
    """The folder of ``[data] path`` as the command sees it from the source's root."""
    own = system.config.data.path
    if own is not None:
        folder = (system.home / Path(fixed_part(own)).expanduser()).resolve()
        if _below(folder, system.root):
            return folder.relative_to(system.root).as_posix()
    return ELSEWHERE


def _below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _other(file: Path, symbols: tuple[str, ...]) -> bool:
    """Whether the file is surely of a symbol that is not wanted: a file of several says nothing by its name."""
    try:
        named = symbol_of_file(file)
    except MarketError:
        return False
    return looks_like_market(named) and named not in symbols
