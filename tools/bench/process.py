"""How many bars a second a ``process`` strategy can be asked about: everything but the strategy's own time.

The same engine, sandboxed, with strategies that do nothing, that look at the tables of their last 300 bars, and that
order; each answers for 8,000 bars. The account is the real one."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.backtest.simulate import simulate
from tools.bench.cpu import cpu_seconds
from tools.contracts import Costs, Market
from tools.system.bundles import BundleStore
from tools.system.runner import Runner, require
from tools.system.system import System

BARS, WINDOW = 8_000, 300
STRATEGIES = {
    "empty": 'return {"orders": []}',
    "table": 'dataset["ohlcv"]\n    return {"orders": []}',
    "table_column": 'dataset["ohlcv"]["close"]\n    return {"orders": []}',
    "table_and_orders": """dataset["ohlcv"]
    if dataset["timestamp"].minute == 0:
        side = "EXIT" if portfolio_state["positions"] else "buy"
        return {"orders": [{"symbol": dataset["symbol"], "side": side, "quantity": 1.0, "stop_loss": 50.0}]}
    return {"orders": []}""",
}


def bench_process(*, bars: int = BARS, rounds: int = 5) -> dict[str, dict[str, float]]:
    """For each strategy: bars a second (best and median of ``rounds``), microseconds a bar, trades. ``cpu_us_a_bar`` is
    the processor time of both sides (median), which other work on the machine lengthens less than the clock."""
    market = wave(bars)
    return {name: _measure(body, market, rounds) for name, body in STRATEGIES.items()}


def wave(bars: int) -> Market:
    """Candles around 100 that move."""
    rng = np.random.default_rng(5)
    close = 100.0 * np.exp(0.1 * np.sin(np.arange(bars) / 40.0) + np.cumsum(rng.normal(0.0, 0.0005, bars)))
    opened = np.concatenate(([close[0]], close[:-1]))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.001,
        "low": np.minimum(opened, close) * 0.999,
        "close": close,
        "volume": rng.gamma(2.0, 50.0, bars),
    }
    stamps = 1_700_006_400_000_000_000 + np.arange(bars, dtype=np.int64) * 300_000_000_000
    roles = {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    return Market("BENCHUSDT", 5, stamps, columns, roles)


def _measure(body: str, market: Market, rounds: int) -> dict[str, float]:
    seconds, spent = [], []
    with _runner(body) as runner:
        bundle = runner.store.snapshot(runner.system)
        decisions = require(runner.decide(bundle, market))
        for _ in range(rounds):
            used, started = cpu_seconds(), time.perf_counter()
            require(runner.decide(bundle, market, fresh=True))
            seconds.append(time.perf_counter() - started)
            spent.append(cpu_seconds() - used)
    rates = len(market) / np.array(seconds)
    return {
        "bars_per_second_best": float(rates.max()),
        "bars_per_second_median": float(np.median(rates)),
        "us_a_bar_best": 1e6 / float(rates.max()),
        "cpu_us_a_bar": 1e6 * float(np.median(spent)) / len(market),
        "trades": float(len(simulate(market, decisions, Costs()).trades)),
        "bars": float(len(market)),
        "rounds": float(rounds),
    }


@contextmanager
def _runner(body: str) -> Iterator[Runner]:
    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "bot.py").write_text(
            f"def process(dataset, portfolio_state):\n    {body}\n", encoding="utf-8"
        )
        settings = f'[strategy]\nkind = "process"\ntarget = "bot:process"\nwindow = {WINDOW}\n'
        (root / "mendel.toml").write_text(settings, encoding="utf-8")
        system = System.open(root)
        store = BundleStore(system.bundles)
        with Sandbox(SandboxPlace(system.bundles, Path(sys.executable))) as sandbox:
            yield Runner(system, sandbox, store)
