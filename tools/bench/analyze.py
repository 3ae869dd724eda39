"""Seconds of ``mendel analyze`` on a large system: the example inside 10,000 lines of code, 12 symbols of 50,000 bars. The
command itself is timed, from its start to its last line, held to two cores; then it is interrupted half way."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.bench.world import ROOT, cores, example, synth

LINES, SYMBOLS, BARS, CORES = 10_000, 12, 50_000, 2
BARS_A_DAY, A_WORLD = 288, 6
#: What the added modules hold: indicators, a settings class, a class with state, a report; about 60 lines each.
_PART = '''"""Part {i}: helpers of desk {i}."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
{imports}

LIMITS = {{"low": {i}.5, "high": {i}9.0}}


@dataclass
class Desk{i}Config:
    fast: int = {fast}
    slow: int = {slow}
    width: float = {i}.25
    cut: float = 0.0{i}


def average_{i}(values: pd.Series, length: int) -> pd.Series:
    return values.rolling(length).mean()


def spread_{i}(bars: pd.DataFrame, config: Desk{i}Config) -> pd.Series:
    fast = average_{i}(bars["close"], config.fast)
    slow = average_{i}(bars["close"], config.slow)
    return (fast - slow) / slow


def busy_{i}(bars: pd.DataFrame, length: int) -> pd.Series:
    usual = bars["volume"].rolling(length).median()
    return bars["volume"] / usual > 1.{i}


def score_{i}(bars: pd.DataFrame, config: Desk{i}Config) -> pd.Series:
    gap = spread_{i}(bars, config)
    points = np.where(gap > config.cut, 2, 0) + np.where(busy_{i}(bars, config.slow), 1, 0)
    points = points - np.where(bars["high"] - bars["low"] > 2 * (bars["high"] - bars["low"]).shift(1), 1, 0)
    return pd.Series(points, index=bars.index)


class Book{i}:
    def __init__(self, config: Desk{i}Config) -> None:
        self.config, self.rows = config, []

    def note(self, bars: pd.DataFrame) -> None:
        for stamp, row in bars.tail(50).iterrows():
            if row["close"] > LIMITS["high"]:
                self.rows.append((stamp, row["close"]))

    def summary(self) -> dict[str, float]:
        if not self.rows:
            return {{}}
        prices = [price for _, price in self.rows]
        return {{"n": len(prices), "mean": sum(prices) / len(prices), "width": self.config.width}}
'''


def large_system(folder: Path, *, lines: int, symbols: int, bars: int) -> dict[str, int]:
    """The example in a folder with added modules, a chain of which the strategy imports; candles for ``symbols``. What
    there is then."""
    home = example(folder, 8)
    for old in (home / "data").glob("*.parquet"):
        old.unlink()
    _candles(home / "data", symbols, bars)
    parts = home / "squeeze_bot" / "desks"
    parts.mkdir()
    (parts / "__init__.py").touch()
    count = 0
    while _lines(home) < lines:
        imports = f"\nfrom squeeze_bot.desks import part_{count - 1}\n" if count % 10 else ""
        text = _PART.format(i=count, imports=imports, fast=5 + count % 9, slow=40 + count % 60)
        (parts / f"part_{count}.py").write_text(text, encoding="utf-8")
        count += 1
    strategy = home / "squeeze_bot" / "strategy.py"
    first = f"from squeeze_bot.desks import part_{count - 1}  # noqa: F401\n"
    text = strategy.read_text(encoding="utf-8")
    at = text.index("\nimport ") + 1 if "\nimport " in text else text.index("\nfrom ") + 1
    future = "from __future__ import annotations\n"
    at = text.index(future) + len(future) if future in text else at
    strategy.write_text(text[:at] + first + text[at:], encoding="utf-8")
    found = len(list((home / "data").glob("*.parquet")))
    return {"lines": _lines(home), "files": len(list(home.rglob("*.py"))), "symbols": found, "bars": bars}


def _candles(folder: Path, symbols: int, bars: int) -> None:
    days = -(-bars // BARS_A_DAY)
    for world in range(-(-symbols // A_WORLD)):
        made = folder / f"world-{world}"
        synth(made, days, seed=world + 1)
        for file in sorted(made.glob("*.parquet")):
            if len(list(folder.glob("*.parquet"))) < symbols:
                file.replace(folder / f"{'' if not world else 'W' * world}{file.name}")
            else:
                file.unlink()
        for file in made.iterdir():
            file.unlink()
        made.rmdir()


def _lines(folder: Path) -> int:
    return sum(len(p.read_text(encoding="utf-8").splitlines()) for p in folder.rglob("*.py"))


def bench_analyze(
    *, lines: int = LINES, symbols: int = SYMBOLS, bars: int = BARS, n: int = 1
) -> dict[str, Any]:
    """``seconds`` and processor seconds of ``mendel analyze --json``, one value a run; ``progress_lines`` on standard error; ``interrupted``: what
    an interrupt half way did."""
    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as name, cores(CORES) as given:
        home = Path(name) / "large"
        size = large_system(home, lines=lines, symbols=symbols, bars=bars)
        runs = [_timed(home) for _ in range(n)]
        stopped = _interrupted(home, 0.5 * runs[-1]["seconds"])
    return {
        **size,
        "cores": given,
        "n": n,
        "seconds": [r["seconds"] for r in runs],
        "cpu_seconds": [r["cpu_seconds"] for r in runs],
        "exit_code": runs[-1]["exit_code"],
        "findings": runs[-1]["findings"],
        "progress_lines": runs[-1]["progress_lines"],
        "interrupted": stopped,
    }


def _start(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mendel", "analyze", str(home), "--json"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _timed(home: Path) -> dict[str, Any]:
    started, spent = time.perf_counter(), _processor()
    with _start(home) as process:
        out, err = process.communicate()
    seconds = time.perf_counter() - started
    document = json.loads(out) if process.returncode == 0 else {}
    findings = [f"{f['category']} {f['file']}:{f['line']}" for f in document.get("findings", ())]
    return {
        "seconds": seconds,
        "cpu_seconds": _processor() - spent,
        "exit_code": process.returncode,
        "findings": findings,
        "progress_lines": len(err.splitlines()),
    }


def _processor() -> float:
    """Processor seconds of every process below this one that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _interrupted(home: Path, after: float) -> dict[str, Any]:
    """An interrupt from the terminal reaches every process of the command."""
    with _start(home) as process:
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        started = time.perf_counter()
        out, _ = process.communicate()
    half = [p.name for p in home.rglob("*") if p.is_file() and p.suffix in (".part", ".tmp")]
    return {
        "after_seconds": after,
        "exit_code": process.returncode,
        "seconds_to_stop": time.perf_counter() - started,
        "half_written": half,
        "document": json.loads(out) if out.strip() else None,
    }
