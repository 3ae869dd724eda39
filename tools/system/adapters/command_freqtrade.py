"""freqtrade's export of a backtest, ``backtest-result*.json`` or the .zip that holds it: its public format, nothing of its code."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from tools.system.adapters import command_json
from tools.system.adapters.command_figures import Figures, Raw, ReportError, settle
from tools.system.adapters.command_trades import Trades, from_rows

_MOST_MEMBERS, _MOST_BYTES = 200, 48 << 20
_NAME = re.compile(r"(?:.*/)?backtest[-_]result[^/]*\.json", re.I)
_NOT_IT = re.compile(r"(?:_config|\.meta|_market_change|_signals|_rejected|_exited)\.json$", re.I)
#: Our figure -> (its key, our unit for it).
_KEYS = {
    "trades": ("total_trades", ""),
    "net_return": ("profit_total", "fraction"),
    "net_profit": ("profit_total_abs", ""),
    "cagr": ("cagr", "fraction"),
    "sharpe": ("sharpe", ""),
    "sortino": ("sortino", ""),
    "calmar": ("calmar", ""),
    "sqn": ("sqn", ""),
    "max_drawdown": ("max_drawdown_account", "fraction"),
    "win_rate": ("winrate", "fraction"),
    "profit_factor": ("profit_factor", ""),
    "expectancy": ("expectancy", ""),
}


def is_export_name(path: str) -> bool:
    """Whether a file's name is the export's own."""
    name = path.rsplit("/", 1)[-1]
    likely = bool(_NAME.fullmatch(path)) and not _NOT_IT.search(path)
    return likely or (name.startswith("backtest-result") and name.endswith(".zip"))


def is_export(document: Any) -> bool:
    """Whether a JSON document is an export: tables of strategies, each with trades."""
    held = document.get("strategy") if isinstance(document, dict) else None
    return (
        isinstance(held, dict)
        and bool(held)
        and all(isinstance(v, dict) and "trades" in v for v in held.values())
    )


def document_of(data: bytes, source: str) -> Any:
    """The export's JSON, taken out of a zip where it lies in one. Raises ReportError."""
    return command_json.parse(_unzipped(data, source) if data[:2] == b"PK" else data, source)


def read(
    document: Any, source: str, strategy: str | None, units: Mapping[str, str]
) -> tuple[Figures, Trades]:
    """The figures and trades of the export's strategy. Raises ReportError for another format or an unclear choice."""
    if not is_export(document):
        a_list = f"a {type(document).__name__}"
        has = ", ".join(map(str, document))[:200] if isinstance(document, dict) else a_list
        raise ReportError(
            f'{source}: not an export of a freqtrade that we know (a table "strategy" with the trades of each; found '
            f"{has}); export with freqtrade 2021 or later, or set [command] format"
        )
    held = document["strategy"]
    if strategy is None and len(held) > 1:
        raise ReportError(
            f"{source}: holds {', '.join(str(n)[:40] for n in list(held)[:8])}; name one by [command] strategy"
        )
    name = next(iter(held)) if strategy is None else strategy
    if name not in held:
        raise ReportError(
            f"{source}: [command] strategy = {name!r} is not in it; it holds {', '.join(str(n)[:40] for n in list(held)[:8])}"
        )
    table = held[name]
    found = Figures()
    for ours, (key, unit) in _KEYS.items():
        if key in table:
            found.ours[ours] = settle(ours, Raw(f"{source}: {key}", table[key]), units.get(ours, unit))
    listed = table["trades"] if isinstance(table["trades"], list) else []
    rows = [row for row in listed if isinstance(row, dict)]
    return found, from_rows(rows, source, {})


def _unzipped(data: bytes, source: str) -> bytes:
    """The one member that is the export, no larger than a document may be. Nothing else of the archive is opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                raise ReportError(
                    f"{source}: {len(members)} files in one archive; it is no export of freqtrade's"
                )
            wanted = [
                m
                for m in members
                if m.filename.endswith(".json")
                and not _NOT_IT.search(m.filename)
                and m.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            ]
            if not wanted:
                raise ReportError(
                    f"{source}: no JSON of results in the archive; it is no export of freqtrade's"
                )
            # Beside X.json lie X_config.json and, where a strategy has one, its parameter file X_Strategy.json.
            with archive.open(min(wanted, key=lambda member: len(member.filename))) as member:
                text = member.read(_MOST_BYTES + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
    ) as error:
        raise ReportError(f"{source}: the archive cannot be read ({error}); export it again") from error
    if len(text) > _MOST_BYTES:
        raise ReportError(f"{source}: more than {_MOST_BYTES >> 20} MB when unpacked; export fewer trades")
    return text
