"""Whole cycles and start-up, as a person waits for them. Seconds are of this machine, now: compare within one run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

HELP_RUNS = 7
BARE = "import sys"


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def bench_start() -> dict[str, float]:
    """``mendel --help`` beside a bare interpreter, median seconds of interleaved runs."""
    pairs = [
        (_seconds([sys.executable, "-m", "mendel", "--help"]), _seconds([sys.executable, "-c", BARE]))
        for _ in range(HELP_RUNS)
    ]
    ours, bare = median(p[0] for p in pairs), median(p[1] for p in pairs)
    return {"help_seconds": ours, "bare_python_seconds": bare, "ratio": ours / bare, "n": HELP_RUNS}


def bench_cycle(days: int = 90) -> dict[str, Any]:
    """One cycle on the example with a generated market: seconds, and what came out of it."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "mendel",
            "demo",
            str(Path(folder) / "demo"),
            "--days",
            str(days),
            "--json",
        ]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
        result = json.loads(run.stdout)
    statuses = [p["status"] for p in result["patches"]]
    return {
        "seconds": seconds,
        "cycle_seconds": result["seconds"],
        "days": days,
        "findings": len(result["findings"]),
        "patches": statuses,
    }
