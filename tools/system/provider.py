"""``[data] provider``: markets that the person's own function returns. It runs as a job, without network; what it answers is
hostile: numbers of a stated count and a small JSON text, checked like any candle file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.host.contracts import Job, JobResult, SandboxPlace, Status
from sandbox.host.jobs import run_job
from sandbox.host.text import one_line
from tools.contracts import Market, MendelError
from tools.market.clock import NO_TIME, to_ns
from tools.market.load import checked
from tools.market.names import clean_symbol
from tools.market.problems import MarketError
from tools.market.read import markets_in_table
from tools.system.bundles import BundleStore
from tools.system.provider_cache import AnswerCache, Files
from tools.system.provider_files import DataFile, provider_files
from tools.system.system import System

FOLDER = ".mendel_provider"
MOST_MARKETS = 256
_MOST_JSON, _MOST_NUMBERS = 1 << 20, 256 << 20
_CHILD = Path(__file__).resolve().parents[2] / "sandbox" / "child"
_SCRIPTS = ("provide", "provide_frames", "reasons")


class ProviderError(MendelError):
    """The provider gave no markets: one line with its file and line where there is one, and the mend."""


class _Market(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    symbol: str = Field(max_length=80)
    rows: int = Field(ge=0)
    epoch: bool
    columns: list[str] = Field(max_length=2000)
    notes: list[str] = Field(max_length=2000)


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    markets: list[_Market] = Field([], max_length=MOST_MARKETS)
    error: str = ""
    kind: str = ""


def provided_markets(system: System, *, repair: bool = False) -> dict[str, Market]:
    """Every market that the provider returns, by symbol, validated. It is called once for a state of the source and of the
    data files; later answers come from ``.mendel``. Raises MendelError, one line."""
    files = provider_files(system)
    bundle = BundleStore(system.bundles).snapshot(system)
    cache = AnswerCache(system.state / "provider")
    key = _key(system, bundle, files)
    answer = cache.get(key)
    if answer is None:
        answer = _called(system, bundle, files)
        cache.put(key, answer)
    return {name: _checked(system, market, repair) for name, market in _decoded(system, answer).items()}


def _name(system: System) -> str:
    return f"mendel.toml: [data] provider = {system.config.data.provider!r}"


def _key(system: System, bundle: str, files: list[DataFile]) -> str:
    own, data = system.config.system, system.config.data
    asked = (data.provider, data.timeframe, data.symbols)
    runs = (bundle, str(system.python), own.stubs, sorted(own.environment.items()))
    given = [(f.rel, f.size, f.stamp) for f in files]
    scripts = [(_CHILD / f"{name}.py").read_text(encoding="utf-8") for name in _SCRIPTS]
    return hashlib.sha256(repr((asked, runs, given, scripts)).encode()).hexdigest()[:32]


def _called(system: System, bundle: str, files: list[DataFile]) -> Files:
    """The provider's answer, as bytes that nobody has looked at but for their sizes."""
    own, data, limits = system.config.system, system.config.data, system.config.sandbox
    ask = {"provider": data.provider, "symbols": data.symbols, "timeframe": data.timeframe}
    job = Job(
        bundle,
        ("python", "-B", "-u", f"{FOLDER}/provide.py", FOLDER),
        extra={
            **{f"{FOLDER}/{n}.py": (_CHILD / f"{n}.py").read_text(encoding="utf-8") for n in _SCRIPTS},
            f"{FOLDER}/ask.json": json.dumps(ask),
        },
        extra_bytes={file.rel: _bytes(file) for file in files},
        collect=(f"{FOLDER}/answer.json", *(f"{FOLDER}/{k}.bin" for k in range(MOST_MARKETS))),
        wall_seconds=limits.job_wall_s,
        memory_mb=limits.job_memory_mb,
        environment=dict(own.environment),
        stubs=tuple(own.stubs),
        file_bytes=_MOST_NUMBERS,
        total_bytes=_MOST_NUMBERS,
    )
    result = run_job(SandboxPlace(system.bundles, system.python), job)
    found = {name.removeprefix(f"{FOLDER}/"): content for name, content in result.files.items()}
    if result.status is not Status.OK or "answer.json" not in found or result.reason:
        raise ProviderError(f"{_name(system)}: {_why(result)}")
    answer = _parsed(system, found["answer.json"])
    if answer.error:
        raise ProviderError(f"{_name(system)}: {one_line(answer.error)}; {_mend(system, answer, files)}")
    return found


def _bytes(file: DataFile) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise ProviderError(
            f"{file.path}: cannot be read ({error.strerror}); make it readable, or move it away"
        ) from error


def _why(result: JobResult) -> str:
    if result.status in (Status.REFUSED, Status.INFRASTRUCTURE):
        return f"cannot be run: {one_line(result.reason)}; see: mendel doctor"
    if result.status is Status.TIMEOUT:
        return f"{one_line(result.reason)}; let it read less, or raise [sandbox] job_wall_s"
    if "too large" in result.reason:
        return f"its bars hold more than {_MOST_NUMBERS >> 20} MB; return fewer, or name files by [data] path"
    said = one_line(result.output, 300)
    what = one_line(result.reason) or f"it ended its process (exit code {result.exit_code})"
    return f"{what}{f' after printing: {said}' if said else ''}; let it return the bars"


def _mend(system: System, answer: _Answer, files: list[DataFile]) -> str:
    if answer.kind == "arguments":
        if system.config.strategy.kind == "process":
            return "a builder of datasets gets its bars from [data] path: name files there"
        return 'give them defaults; a builder of datasets needs [strategy] kind = "process"'
    if answer.kind == "file":
        return (
            f"it sees what lies below the system's folder ({len(files)} data files) and nothing else: "
            "use a path relative to that folder"
        )
    if answer.kind == "network":
        return "it has no network: let it read files, or fetch them by mendel data fetch"
    return "run it again" if answer.kind == "module" else "mend it, run it again"


def _parsed(system: System, raw: bytes) -> _Answer:
    try:
        if len(raw) > _MOST_JSON:
            raise ValueError("too long")
        return _Answer.model_validate(json.loads(raw))
    except (ValueError, RecursionError, ValidationError) as error:
        raise ProviderError(
            f"{_name(system)}: its answer cannot be read; let it leave {FOLDER} alone"
        ) from error


def _decoded(system: System, files: Files) -> dict[str, Market]:
    found: dict[str, Market] = {}
    for number, told in enumerate(_parsed(system, files["answer.json"]).markets):
        for name, market in _market(system, told, files.get(f"{number}.bin", b"")).items():
            if name in found:
                raise ProviderError(f"{_name(system)}: returned {name} twice; return each symbol once")
            found[name] = market
    if not found:
        raise ProviderError(f"{_name(system)}: returned no market; return a DataFrame of bars")
    return found


def _market(system: System, told: _Market, raw: bytes) -> Mapping[str, Market]:
    import pandas as pd

    symbol = clean_symbol(told.symbol)
    names = [one_line(name, 100) for name in told.columns]
    if len(raw) != 8 * told.rows * (1 + len(names)) or not symbol:
        raise ProviderError(f"{_name(system)}: its answer cannot be read; let it leave {FOLDER} alone")
    times = np.frombuffer(raw, dtype=np.int64, count=told.rows)
    values = np.frombuffer(raw, dtype=np.float64, offset=8 * told.rows).reshape(len(names), told.rows)
    try:
        stamps = to_ns(pd.Series(times), "its time") if told.epoch else times
        table = pd.DataFrame(values.T, columns=names)
        known = pd.DatetimeIndex(
            np.where(stamps == NO_TIME, NO_TIME, stamps).view("datetime64[ns]"), tz="UTC"
        )
        found = markets_in_table(table.set_index(known), Path(f"{symbol}"), system.config.data.roles or None)
    except MarketError as error:
        raise ProviderError(f"{_name(system)}: {error}") from error
    return {name: _with_notes(market, told.notes) for name, market in found.items()}


def _with_notes(market: Market, notes: list[str]) -> Market:
    more = tuple(one_line(note, 200) for note in notes)
    unnamed = ("its provider names no symbol: set [data] symbols",) if market.symbol == "MARKET" else ()
    return replace(market, source="provider", notes=(*market.notes, *more, *unnamed))


def _checked(system: System, market: Market, repair: bool) -> Market:
    try:
        return checked(market, None, repair)
    except MarketError as error:
        detail = f"{market.symbol}: {error.problems[0].detail}" if error.problems else str(error)
        raise ProviderError(f"{_name(system)}: {detail}; mend what it returns, run it again") from error
