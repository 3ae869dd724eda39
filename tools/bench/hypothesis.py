"""Seconds to test a claim on six symbols and half a year of five-minute bars, each claim asked once of a fresh ledger."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.world import example

#: 180 days lie before the vault, which is the newest fifth.
DAYS = 225
CLAIMS = (
    "CVD divergence predicts reversals",
    "rising open interest confirms a squeeze",
    "some hour of the day has an edge",
    "volume spikes precede reversals",
    "extreme funding precedes reversals",
)


def bench_hypothesis(days: int = DAYS) -> dict[str, Any]:
    """Seconds for each claim, with its verdict and how many events it rests on; ``seconds`` is the median claim."""
    from tools.discovery.concept_discovery import ConceptDiscovery

    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as name:
        home = example(Path(name) / "squeeze", days)
        started = time.perf_counter()
        with ConceptDiscovery(home) as lab:
            loaded = time.perf_counter()
            claims = [_one(lab, claim) for claim in CLAIMS]
            bars = sum(len(market) for market in lab.markets.values())
            symbols, until = len(lab.markets), lab.until
    return {
        "seconds": median(c["seconds"] for c in claims),
        "slowest_seconds": max(c["seconds"] for c in claims),
        "load_seconds": loaded - started,
        "symbols": symbols,
        "bars": bars,
        "until": until,
        "n": len(claims),
        "claims": claims,
    }


def _one(lab: Any, claim: str) -> dict[str, Any]:
    started = time.perf_counter()
    result = lab.validate_hypothesis(claim)
    seconds = time.perf_counter() - started
    return {"claim": claim, "seconds": seconds, "verdict": result.verdict, "n_events": result.n_events}
