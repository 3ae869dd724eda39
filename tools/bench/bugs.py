"""What finds a planted defect: ``SystemAnalyzer``, beside ruff and freqtrade's lookahead-analysis and recursive-analysis, on
freqtrade strategies with defects of the kinds that those analyses are for. Counts side by side, seconds each."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.bugs_cases import CASES, CLASS, CLEAN, FITS, LOOKAHEAD, START, Case
from tools.bench.world import ROOT, synth

DAYS, SYMBOLS, NEAR_LINES = 30, ("BTC", "SOL"), 3
Row = dict[str, Any]
TOML = f"""[strategy]
kind = "freqtrade"
target = "swing:{CLASS}"

[data]
path = "../data/*.parquet"
timeframe = "5m"

[vault]
from = 0.05
"""


def bench_bugs(rivals: Path, *, cases: tuple[Case, ...] = CASES, days: int = DAYS) -> Row:
    """``table``: for each kind, and ``clean``, how many of n each tool found; ``cases`` has every answer. A tool that was not
    there is None. ruff (line length apart) counts where it says something of the planted line that it does not say of the sound one."""
    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as name:
        folder = Path(name)
        synth(folder / "data", days, SYMBOLS)
        write_cases(folder, cases)
        theirs = _freqtrade(rivals, folder)
        quiet = set(_ruff(folder / "clean"))
        rows = [_row(folder, None, theirs, quiet), *(_row(folder, c, theirs, quiet) for c in cases)]
    return {
        "n": len(cases),
        "freqtrade": theirs.get("version") or theirs.get("missing"),
        "table": {
            kind: _totals([r for r in rows if r["kind"] == kind]) for kind in (LOOKAHEAD, START, "clean")
        },
        "median_seconds": {
            tool: median(s) if (s := [r[tool]["seconds"] for r in rows if r[tool] is not None]) else None
            for tool in ("mendel", "ruff", "lookahead_analysis", "recursive_analysis")
        },
        "cases": rows,
    }


def write_cases(folder: Path, cases: tuple[Case, ...] = CASES) -> None:
    """One system a case, and the sound one."""
    for name, source in {"clean": CLEAN, **{c.name: c.source for c in cases}}.items():
        home = folder / name
        home.mkdir()
        (home / "swing.py").write_text(source, encoding="utf-8")
        (home / "mendel.toml").write_text(TOML, encoding="utf-8")


def _row(folder: Path, case: Case | None, theirs: Row, quiet: set[tuple[str, str]]) -> Row:
    name = "clean" if case is None else case.name
    sys.stderr.write(f"  {name}\n")
    told = theirs.get("strategies", {}).get(name, {})
    return {
        "case": name,
        "kind": "clean" if case is None else case.kind,
        "mendel": _ours(folder / name, case),
        "ruff": _linted(folder / name, case, quiet),
        "lookahead_analysis": told.get("lookahead"),
        "recursive_analysis": told.get("recursive"),
    }


def _ours(home: Path, case: Case | None) -> Row:
    from tools.analysis.system_analyzer import SystemAnalyzer

    started = time.perf_counter()
    with SystemAnalyzer(home) as analyzer:
        findings = analyzer.detect_bugs()
    seconds = time.perf_counter() - started
    fits = [
        f
        for f in findings
        if case is None or (f.category in FITS[case.kind] and abs(f.line - case.line) <= NEAR_LINES)
    ]
    shown = [f"{f.category} {f.file}:{f.line}" for f in findings]
    return {"found": bool(fits), "findings": shown, "seconds": seconds}


def _ruff(home: Path) -> list[tuple[str, str]]:
    """(rule, the text of its line) of everything that ruff has to say."""
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "ALL", "--ignore", "E501", "--output-format", "json", "swing.py"],
        capture_output=True, text=True, cwd=home, check=False,
    )  # fmt: skip
    lines = (home / "swing.py").read_text(encoding="utf-8").splitlines()
    return [(m["code"], lines[m["location"]["row"] - 1]) for m in json.loads(run.stdout or "[]")]


def _linted(home: Path, case: Case | None, quiet: set[tuple[str, str]]) -> Row:
    started = time.perf_counter()
    said = _ruff(home)
    planted = case.source.splitlines()[case.line - 1] if case is not None else None
    new = [code for code, line in said if case is not None and (code, line) not in quiet and line == planted]
    return {"found": bool(new), "rules": sorted(set(new)), "seconds": time.perf_counter() - started}


def _freqtrade(rivals: Path, folder: Path) -> Row:
    if not rivals.is_file():
        return {"missing": f"{rivals.name}: the rivals' environment is not built"}
    run = subprocess.run(
        [str(rivals), "-m", "tools.bench.bugs_freqtrade", str(folder)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if run.returncode:
        return {"missing": (run.stderr.strip().splitlines() or ["no answer"])[-1]}
    document: Row = json.loads(run.stdout)
    return document


def _totals(rows: list[Row]) -> Row:
    tools = ("mendel", "ruff", "lookahead_analysis", "recursive_analysis")
    known = {tool: [r[tool]["found"] for r in rows if r[tool] is not None] for tool in tools}
    return {"n": len(rows), **{tool: sum(map(bool, k)) if k else None for tool, k in known.items()}}
