"""How many evaluations a second the sandbox gives, against a plain subprocess that does the same work."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sandbox.host.contracts import Evaluation, SandboxPlace, Status
from sandbox.host.interpreter import SandboxError
from sandbox.host.sandbox import Sandbox
from sandbox.host.zygote import child_environment

_STRATEGY = """
import pandas as pd

def decide(bars):
    mean = bars["close"].rolling(50).mean()
    return pd.DataFrame({"enter_long": bars["close"] > mean, "exit_long": bars["close"] < mean}, index=bars.index)
"""
_PLAIN = """
import numpy as np, pandas as pd, strategy
data = np.load("bars.npz")
index = pd.DatetimeIndex(data["time"].view("datetime64[ns]")).tz_localize("UTC")
bars = pd.DataFrame({name: data[name] for name in data.files if name != "time"}, index=index)
np.save("out.npy", strategy.decide(bars).to_numpy(float))
"""
_COLUMNS = ("open", "high", "low", "close", "volume", "flow")


def bench_sandbox(
    python: Path, *, bars: int = 52_000, evaluations: int = 60, subprocesses: int = 6
) -> dict[str, float]:
    """Seconds an evaluation takes in a warm sandbox and in a plain subprocess (median, side by side), each a
    second, and their ratio. ``python`` is the system's interpreter. Raises SandboxError if nothing may run."""
    rng = np.random.default_rng(0)
    stamps = np.arange(bars, dtype=np.int64) * 300_000_000_000
    columns = {name: 100.0 + rng.normal(0.0, 1.0, bars) for name in _COLUMNS}
    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as folder:
        bundle = Path(folder) / ("b" * 64)
        bundle.mkdir()
        Path(folder).chmod(0o755)
        (bundle / "strategy.py").write_text(_STRATEGY)
        np.savez(bundle / "bars.npz", time=stamps, **columns)  # type: ignore[arg-type]
        asked = Evaluation(
            bundle.name,
            "signals",
            "strategy:decide",
            None,
            "BENCH",
            stamps,
            columns,
            ("enter_long", "exit_long"),
        )
        started = time.perf_counter()
        with Sandbox(SandboxPlace(Path(folder), python)) as sandbox:
            run_one(sandbox, asked)
            start = time.perf_counter() - started
            jailed = _median(lambda: run_one(sandbox, asked), evaluations)
            plain = _median(lambda: _subprocess(python, bundle), subprocesses)
    return {
        "start_seconds": start,
        "sandbox_seconds": jailed,
        "subprocess_seconds": plain,
        "sandbox_per_second": 1.0 / jailed,
        "subprocess_per_second": 1.0 / plain,
        "ratio": plain / jailed,
        "evaluations": float(evaluations),
        "subprocesses": float(subprocesses),
        "bars": float(bars),
    }


def run_one(sandbox: Sandbox, asked: Evaluation) -> None:
    """One evaluation that must succeed, or there is nothing to measure. Raises SandboxError."""
    outcome = sandbox.evaluate(asked)
    if outcome.status is not Status.OK:
        raise SandboxError(f"nothing to measure: {outcome.reason}")


def _subprocess(python: Path, bundle: Path) -> None:
    subprocess.run([str(python), "-c", _PLAIN], cwd=bundle, env=child_environment(), check=True, timeout=120)


def _median(action: Callable[[], None], times: int) -> float:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))
