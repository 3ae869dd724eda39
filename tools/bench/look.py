"""Seconds to look at the example's dashboard: browser, picture, facts, and every check against the candles."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.world import example

LOOKS, PAGES = 7, 6


def bench_look(looks: int = LOOKS) -> dict[str, Any]:
    """``seconds`` is the median of single looks, each with its own browser; ``seconds_a_page`` that of one browser for all."""
    from tools.market.load import load_markets
    from tools.vision.contracts import Source, VisionError
    from tools.vision.targets import find_targets
    from tools.vision.visual_intelligence import VisualIntelligence

    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as name:
        home = example(Path(name) / "squeeze", 30)
        markets = load_markets("data/*.parquet", root=home)
        command = [sys.executable, "make_dashboard.py", *sorted(markets)]
        subprocess.run(command, check=True, capture_output=True, cwd=home)
        targets = find_targets(str(home / "out"))
        eye = VisualIntelligence(Source(markets))
        try:
            times, found = [], []
            for turn in range(looks):
                started = time.perf_counter()
                found = eye.look_at([targets[turn % len(targets)]])
                times.append(time.perf_counter() - started)
            started = time.perf_counter()
            found = eye.look_at(targets)
            together = time.perf_counter() - started
        except VisionError as error:
            return {"missing": str(error)}
    return {
        "seconds": median(times),
        "slowest_seconds": max(times),
        "n": looks,
        "pages": len(targets),
        "seconds_a_page": together / len(targets),
        "panels": sum(len((one.shot.facts or {}).get("panels", ())) for one in found),
        "findings": sum(len(one.findings) for one in found),
    }
