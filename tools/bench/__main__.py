"""Every benchmark, in one run: ``python -m tools.bench``. One JSON document; ratios travel, seconds do not.

The rivals live in an environment of their own (``requirements-bench.lock``): they are no part of the product.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.host.bench import bench_sandbox
from tools.bench.cycle import bench_cycle, bench_start

ROOT = Path(__file__).resolve().parents[2]
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


def main() -> None:
    """Run them one after the other."""
    document = {
        "kernel": bench_kernel(),
        "sandbox": bench_sandbox(Path(sys.executable)),
        "start": bench_start(),
        "cycle": bench_cycle(),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
