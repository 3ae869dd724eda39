"""Build a system's pages from a bundle on frozen candles: as a job, in a throw-away copy, without network."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sandbox.host.contracts import Job, SandboxPlace, Status
from sandbox.host.jobs import run_job
from tools.contracts import Market
from tools.market.save import save_market
from tools.system.globs import fixed_part, matches
from tools.system.system import System

_FOLDER = ".mendel_look"
_SUFFIXES = (".parquet", ".feather", ".csv", ".csv.gz")
_SECONDS = 60.0
_TAIL = 400


@dataclass(frozen=True)
class Built:
    """The pages that a bundle wrote, by their path in the system; ``why`` says what went wrong, "" for nothing."""

    pages: Mapping[str, bytes] = field(default_factory=dict)
    why: str = ""


def why_not(system: System) -> str:
    """Why a system's pages cannot be built in a copy; "" where they can."""
    config = system.config
    if not config.dashboards.pages:
        return "the system has no dashboards ([dashboards] pages)"
    if not page_globs(system):
        return "its dashboards are served pages, not files: they cannot be built from a patch"
    if not config.dashboards.serve:
        return "nothing says how its pages are written: set [dashboards] serve"
    if fixture_name(system, "X", 5) is None:
        return "its candles do not lie in its own folder: [data] path must be a relative glob"
    return ""


def page_globs(system: System) -> list[str]:
    """The configured globs of HTML files; URLs apart."""
    return [
        g
        for g in system.config.dashboards.pages
        if "://" not in g and not g.startswith(("/", "~")) and ".." not in g
    ]


def fixture_name(system: System, symbol: str, minutes: int) -> str | None:
    """Where in the copy the candles of a symbol must lie for ``[data] path`` to find them; None where nowhere."""
    pattern = system.config.data.path
    if not pattern or pattern.startswith(("/", "~")) or ".." in pattern:
        return None
    frame = f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    folder = fixed_part(pattern)
    for suffix in _SUFFIXES:
        for name in (f"{symbol}-{frame}{suffix}", f"{symbol}_{frame}{suffix}", f"{symbol}{suffix}"):
            path = f"{folder}/{name}" if folder else name
            if matches(path, [pattern.removeprefix("./")]):
                return path
    return pattern if not set("*?[") & set(pattern) and pattern.endswith(_SUFFIXES) else None


def build_pages(
    system: System, place: SandboxPlace, bundle: str, markets: Mapping[str, Market], *, most: int = 2
) -> Built:
    """Run ``[dashboards] serve`` in a copy of ``bundle`` in which the data are ``markets`` and nothing else."""
    patterns, command = page_globs(system), shlex.split(system.config.dashboards.serve or "")
    plan = json.dumps({"pages": patterns, "command": command, "most": most})
    script = (Path(__file__).parent / "static" / "build_pages.py").read_text(encoding="utf-8")
    extra = {f"{_FOLDER}/plan.json": plan, f"{_FOLDER}/build_pages.py": script}
    collect = (f"{_FOLDER}/pages.json", *(f"{_FOLDER}/{i}.html" for i in range(most)))
    job = Job(
        bundle,
        ("python", f"{_FOLDER}/build_pages.py"),
        extra=extra,
        collect=collect,
        wall_seconds=_SECONDS,
        extra_bytes=_candles(system, markets),
        environment=system.config.system.environment,
        stubs=tuple(system.config.system.stubs),
    )
    result = run_job(place, job)
    if result.status is not Status.OK or result.exit_code != 0:
        said = " ".join(result.output[-_TAIL:].split())
        return Built(
            {}, f"{shlex.join(command)}: {result.reason or f'exit code {result.exit_code}'}; {said}"[:600]
        )
    pages = {
        str(PurePosixPath(name)): result.files[f"{_FOLDER}/{i}.html"]
        for i, name in enumerate(_names(result.files.get(collect[0], b"[]")))
        if f"{_FOLDER}/{i}.html" in result.files
    }
    return Built(
        pages, "" if pages else f"{shlex.join(command)}: wrote no page that matches {', '.join(patterns)}"
    )


def _candles(system: System, markets: Mapping[str, Market]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="mendel-candles-") as folder:
        for symbol, market in markets.items():
            name = fixture_name(system, symbol, market.timeframe_minutes)
            assert name is not None, "asked by why_not"
            path = Path(folder) / PurePosixPath(name).name
            save_market(market, path)
            files[name] = path.read_bytes()
    return files


def _names(data: bytes) -> list[str]:
    """The list of page names, hostile: only short texts in order."""
    try:
        names = json.loads(data)
    except ValueError:
        return []
    return [str(n)[:200] for n in names] if isinstance(names, list) else []
