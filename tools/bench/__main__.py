"""Every benchmark, in one run: ``python -m tools.bench``, or some: ``python -m tools.bench NAME ...``.

One JSON document; ratios travel, seconds do not.

The rivals live in an environment of their own (``requirements-bench.lock``): they are no part of the product.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.host.bench import bench_sandbox
from sandbox.host.bench_more import bench_cost, bench_soak, bench_stepped
from sandbox.host.contracts import Evaluation
from tools.backtest.step import PositionAccount
from tools.bench.analyze import bench_analyze
from tools.bench.bugs import bench_bugs
from tools.bench.cycle import bench_cycle, bench_start
from tools.bench.hypothesis import bench_hypothesis
from tools.bench.look import bench_look
from tools.bench.optimizer import bench_optimizer
from tools.bench.process import bench_process
from tools.bench.recall import bench_recall
from tools.bench.world import ROOT
from tools.contracts import Costs, Market

RIVALS = ROOT / ".venv-bench" / "bin" / "python"


def bench_kernel() -> dict[str, Any]:
    """The kernel beside vectorbt and backtesting.py where their environment was built, else alone."""
    python = RIVALS if RIVALS.is_file() else Path(sys.executable)
    run = subprocess.run(
        [str(python), "-m", "tools.bench.kernel"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if run.returncode not in (0, 1):
        return {"error": run.stderr.strip().splitlines()[-1:]}
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def real_account(asked: Evaluation) -> PositionAccount:
    """The account that a stepped strategy is answered from, with every rule of the simulator."""
    return PositionAccount(Market("X", 5, asked.time, asked.columns, {}), Costs())


BENCHES: dict[str, Callable[[], object]] = {
    "kernel": bench_kernel,
    "sandbox": lambda: bench_sandbox(Path(sys.executable)),
    "sandbox_cost": lambda: bench_cost(Path(sys.executable)),
    "sandbox_stepped": lambda: bench_stepped(Path(sys.executable), engine=real_account),
    "sandbox_soak": lambda: bench_soak(Path(sys.executable)),
    "start": bench_start,
    "look": bench_look,
    "memory": bench_recall,
    "hypothesis": bench_hypothesis,
    "process": bench_process,
    "optimizer": lambda: bench_optimizer(RIVALS),
    "cycle": bench_cycle,
    "analyze": bench_analyze,
    "bugs": lambda: bench_bugs(RIVALS),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the named ones, or all, one after the other; what is running is said on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all without any")
    names: list[str] = parser.parse_args(arguments).names
    if unknown := sorted(set(names) - set(BENCHES)):
        parser.error(f"{', '.join(unknown)}: no such benchmark; choose from {', '.join(BENCHES)}")
    document: dict[str, Any] = {"machine": machine()}
    for name in names or BENCHES:
        sys.stderr.write(f"{name} ...\n")
        started = time.perf_counter()
        document[name] = BENCHES[name]()
        sys.stderr.write(f"{name} took {time.perf_counter() - started:.0f} s\n")
    document["machine"]["load_after"] = os.getloadavg()[0]
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """What a reader must know to compare seconds at all. ``load_before`` over the number of cores: others were at work."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


if __name__ == "__main__":
    main()
