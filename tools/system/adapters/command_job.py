"""One run of a command, as a job in a throw-away copy of the bundle: without network, its clock standing still."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.host.contracts import Job, JobResult, SandboxPlace
from sandbox.host.jobs import run_job
from tools.system.adapters.base import AdapterError
from tools.system.adapters.command_data import CutData
from tools.system.adapters.command_words import fill, words_in
from tools.system.globs import compile_glob
from tools.system.system import System

#: Ours in the copy: the plan, what was printed, and copies of what was written.
FOLDER = ".mendel_run"
OUT = "mendel_out"
MOST_FILES = 24
_PRINTED_BYTES = 1 << 20
_LIKELY = r"(?s)(?!\.)(?:.*[^/])\.(?:json|csv|zip)"
_INSIDE = Path(__file__).with_name("command_inside.py")


@dataclass(frozen=True)
class Asked:
    """A command with its placeholders filled; ``result`` and ``trades`` are globs, None where nothing names them."""

    symbol: str | None
    command: str
    result: str | None
    trades: str | None
    environment: Mapping[str, str]


def asked(system: System, data: CutData, symbol: str | None, from_ns: int, until_ns: int) -> Asked:
    """What to run for one symbol, or (None) for all. Raises AdapterError for a placeholder that cannot be filled."""
    section, target = system.config.command, system.config.strategy.target
    if not target.strip():
        raise AdapterError(
            'mendel.toml: [strategy] target: is empty; write the command, as in "python backtest.py"'
        )
    values = {
        "data": data.folder,
        "out": OUT,
        "from": _written(from_ns, section.dates),
        "until": _written(until_ns, section.dates),
    }
    if symbol is not None:
        values |= {"symbol": symbol, **({"file": f} if (f := data.file_of(symbol)) else {})}
        if "file" in words_in(target) and "file" not in values:
            raise AdapterError(
                f"mendel.toml: [strategy] target: {{file}}: no candle file is named after {symbol}; use {{data}}"
            )
    return Asked(
        symbol,
        fill(target, values, "[strategy] target"),
        _glob(section.result, values, "result"),
        _glob(section.trades, values, "trades"),
        {f"MENDEL_{name.upper()}": value for name, value in values.items()}
        | dict(system.config.system.environment),
    )


def run(
    system: System, place: SandboxPlace, bundle: str, what: Asked, data: CutData, until_ns: int
) -> JobResult:
    """Run it and wait for its end; ``files`` holds what :func:`brought` reads."""
    section = system.config.command
    globs = (what.result, what.trades)
    wanted = [_LIKELY if glob is None else compile_glob(glob).pattern for glob in globs]
    plan = {"command": what.command, "wanted": wanted, "most": MOST_FILES, "bytes": _PRINTED_BYTES}
    job = Job(
        bundle,
        ("python", "-I", "-S", "-B", f"{FOLDER}/inside.py"),
        extra={
            f"{FOLDER}/inside.py": _INSIDE.read_text(encoding="utf-8"),
            f"{FOLDER}/plan.json": json.dumps(plan),
            f"{OUT}/.keep": "",
        },
        extra_bytes=data.files,
        collect=tuple(
            f"{FOLDER}/{n}" for n in ("said.json", "stdout", "stderr", *map(str, range(MOST_FILES)))
        ),
        wall_seconds=section.timeout_s,
        memory_mb=section.memory_mb,
        environment={
            "PYTHONDONTWRITEBYTECODE": "1",
            **system.config.system.environment,
            **what.environment,
        },
        clock_ns=section.clock_ns(until_ns),
        stubs=tuple(system.config.system.stubs),
    )
    return run_job(place, job)


def brought(result: JobResult) -> dict[str, bytes]:
    """What the job brought back, by its name in our folder: ``said.json``, ``stdout``, ``stderr``, ``0``, ``1``..."""
    return {name.removeprefix(f"{FOLDER}/"): data for name, data in result.files.items()}


def _glob(pattern: str | None, values: Mapping[str, str], key: str) -> str | None:
    if pattern is None:
        return None
    return fill(pattern, values, f"[command] {key}", quoted=False).removeprefix("./")


def _written(time_ns: int, form: str) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC).strftime(form)
