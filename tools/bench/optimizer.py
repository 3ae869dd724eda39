"""Trials a second beside freqtrade's hyperopt: the same rule, search space, candles and fee, each search in its default style.

On one core each, then on two. A freqtrade epoch is one backtest of the whole segment. A trial here runs the candidate in the
sandbox on a quarter, a half and the whole of the segment and may end early: ``trials`` counts those as the product does, and
``whole_backtests`` is the speed without early stopping, one backtest of the whole segment a candidate as freqtrade does it."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.host.contracts import Setting
from tools.bench.cpu import cpu_seconds
from tools.bench.crossing import SPACE, SYMBOLS, our_ranges, our_system
from tools.bench.world import ROOT, cores, synth

if TYPE_CHECKING:
    from tools.contracts import Market

DAYS, TRIALS = 45, 50
WORDS = {1: "one_core", 2: "two_cores"}


def bench_optimizer(
    rivals: Path, days: int = DAYS, trials: int = TRIALS, counts: Sequence[int] = (1, 2)
) -> dict[str, Any]:
    """``{"one_core", "two_cores"}``, each with both sides and ``ratio`` = trials a second of ours over theirs."""
    with tempfile.TemporaryDirectory(prefix="mendel-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        synth(folder / "data", days, SYMBOLS)
        found: dict[str, Any] = {"symbols": len(SYMBOLS), "space": {n: list(s[:2]) for n, s in SPACE.items()}}
        for count in counts:
            word = WORDS[count]
            with cores(count) as given:
                ours = _ours(folder, folder / word, trials)
                theirs = _theirs(rivals, folder / "candles", trials, given)
            found[word] = {"cores": given, "mendel": ours, "freqtrade": theirs, **_ratios(ours, theirs)}
    return found


def _ratios(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    if "trials_per_second" not in theirs:
        return {"ratio": None}
    pairs = {
        "ratio": ("trials_per_second", "trials_per_second"),
        "ratio_cpu": ("trials_per_cpu_second", "trials_per_cpu_second"),
        "ratio_whole_backtests": ("whole_backtests_per_second", "trials_per_second"),
        "ratio_whole_backtests_cpu": ("whole_backtests_per_cpu_second", "trials_per_cpu_second"),
    }
    same = ours["trades_at_defaults"] == theirs["trades_at_defaults"]
    return {name: ours[a] / theirs[b] for name, (a, b) in pairs.items()} | {"same_trades_at_defaults": same}


def _ours(folder: Path, home: Path, trials: int) -> dict[str, Any]:
    from tools.optimization.optimizer import IntelligentOptimizer

    home.mkdir()
    for name, text in our_system().items():
        (home / name).write_text(text, encoding="utf-8")
    started = time.perf_counter()
    with IntelligentOptimizer(home, f"{folder}/data/*.parquet", params=our_ranges(), seed=1) as optimizer:
        segment = optimizer.segments.development(optimizer.study.markets)
        _save(segment, folder / "candles")
        defaults: dict[str, Setting] = {name: default for name, (_, _, default) in SPACE.items()}
        accounts = optimizer.evaluator.backtests(defaults)
        ready, ready_cpu = time.perf_counter(), cpu_seconds()
        result = optimizer.bayesian_optimization(trials)
        searched, searched_cpu = time.perf_counter(), cpu_seconds()
        for settings in _random(trials):
            optimizer.evaluator.score(settings)
        ended, ended_cpu = time.perf_counter(), cpu_seconds()
    return {
        "bars": sum(len(market) for market in segment.values()),
        "trials": result["trials"],
        "stopped_early": result["stopped_early"],
        "duplicates": result["duplicates"],
        "trials_per_second": result["trials"] / (searched - ready),
        "trials_per_cpu_second": result["trials"] / (searched_cpu - ready_cpu),
        "whole_backtests": trials,
        "whole_backtests_per_second": trials / (ended - searched),
        "whole_backtests_per_cpu_second": trials / (ended_cpu - searched_cpu),
        "setup_seconds": ready - started,
        "search_seconds": searched - ready,
        "trades_at_defaults": sum(len(account.trades) for account in accounts.values()),
    }


def _random(count: int) -> list[dict[str, Setting]]:
    """Settings that no search was told of; the same ones each time."""
    chance = random.Random(7)
    return [{n: chance.randint(low, high) for n, (low, high, _) in SPACE.items()} for _ in range(count)]


def _theirs(python: Path, candles: Path, trials: int, workers: int) -> dict[str, Any]:
    if not python.is_file():
        return {"missing": "run make bench: it builds the rivals' environment"}
    command = [str(python), "-m", "tools.bench.freqtrade_side", str(candles)]
    command += ["--epochs", str(trials), "--jobs", str(workers)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if run.returncode:
        return {"error": run.stderr.strip().splitlines()[-1:]}
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def _save(markets: Mapping[str, Market], folder: Path) -> None:
    """The candles as freqtrade's side reads them."""
    import pandas as pd

    folder.mkdir(exist_ok=True)
    for symbol, market in markets.items():
        names = ["open", "high", "low", "close", "volume"]
        frame = pd.DataFrame({name: market.columns[name] for name in names})
        frame.insert(0, "date", pd.to_datetime(market.time, utc=True))
        frame.to_parquet(folder / f"{symbol}-5m.parquet")
