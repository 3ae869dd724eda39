"""The simulation kernel beside others, in one run: ``python -m tools.bench.kernel [--bars N] [--repeat N]``.

One JSON document on standard output: milliseconds (the best of several interleaved runs: trust the ratios) and
whether the trades are the same, then a sweep over parameter sets. vectorbt and backtesting.py are compared where they are installed
(``requirements-bench.lock``), else said to be missing. Everyone gets the same bars and the same ready-made
signals of a long-only moving-average cross, and pays the same fee.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import platform
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from tools.backtest.prepare import Prepared, prepare
from tools.backtest.simulate import simulate
from tools.bench.parity import Closed, closed, installed
from tools.bench.sweep import bench_sweep
from tools.contracts import Costs, Decisions, ExitPlan, Floats, Market

FEE_BPS = 5.0
COSTS = Costs(maker_bps=FEE_BPS, taker_bps=FEE_BPS, slippage_bps=0.0, funding=False)
BUSY_COSTS = Costs(maker_bps=2.0, taker_bps=FEE_BPS, slippage_bps=1.0, leverage=3.0)
#: What vectorbt has of the same features in one call.
_VECTORBT_STOPS: dict[str, Any] = {"sl_stop": 0.01, "sl_trail": True, "tp_stop": 0.02, "slippage": 1e-4}
CASH = 1e9  # backtesting.py buys whole units: many of them keep its rounding small
PARITY_BARS, SWEEP_BARS = 20_000, 100_000
RIVALS = ("vectorbt", "backtesting")


@dataclass(frozen=True)
class Case:
    """Bars and decisions: ``enter`` and ``leave`` are decided at a bar's close."""

    market: Market
    decisions: Decisions
    enter: Floats
    leave: Floats


def make_case(bars: int, seed: int = 0) -> Case:
    """A random walk with fat tails and the crosses of its 20- and 50-bar averages."""
    rng = np.random.default_rng(seed)
    close = 1000 * np.exp(np.cumsum(rng.standard_t(4, bars) * 1e-3))
    opened = np.concatenate(([1000.0], close[:-1])) * (1 + rng.normal(0, 1e-4, bars))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 5e-4, bars))),
        "low": np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 5e-4, bars))),
        "close": close,
    }
    stamps = 1_600_000_000_000_000_000 + np.arange(bars, dtype=np.int64) * 60_000_000_000
    above = _average(close, 20) > _average(close, 50)
    values = np.zeros((bars, 9))
    values[1:, 0] = above[1:] & ~above[:-1]
    values[1:, 1] = ~above[1:] & above[:-1]
    values[:50, :2] = 0.0
    values[:, 4] = 1.0
    market = Market("XUSDT", 1, stamps, columns, {"price": tuple(columns)})
    return Case(market, Decisions("XUSDT", values), values[:, 0].copy(), values[:, 1].copy())


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmark; exit code 1 when a rival that is installed trades differently."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--sets", type=int, default=1_000, help="parameter sets of the sweep")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore")  # the rivals' deprecations are not ours to fix
    rivals = {name: module for name in RIVALS if (module := installed(name)) is not None}
    parity = {name: _parity(name, module) for name, module in rivals.items()}
    document = {
        **_timings(options.bars, options.repeat, rivals),
        "parity": parity,
        "sweep": bench_sweep(options.sets, min(options.bars, SWEEP_BARS), rivals.get("vectorbt")),
        **_setting(),
    }
    print(json.dumps(document, indent=2))
    return 0 if all(answer["same_trades"] for answer in parity.values()) else 1


def _timings(bars: int, repeat: int, rivals: dict[str, ModuleType]) -> dict[str, Any]:
    case = make_case(bars)
    prepared = prepare(case.market, case.decisions, COSTS, CASH)
    busy = prepare(*_every_feature(case), BUSY_COSTS, CASH)
    runs: dict[str, Callable[[], object]] = {
        "numpy_pass": lambda: _numpy_pass(prepared),
        "kernel": lambda: prepared.run(COSTS),
        "kernel_every_feature": lambda: busy.run(BUSY_COSTS),
        "simulate_with_metrics": lambda: simulate(case.market, case.decisions, COSTS, initial_cash=CASH),
    }
    slow: dict[str, Callable[[], object]] = {
        name: partial(_ADAPTERS[name], module, case) for name, module in rivals.items()
    }
    if "vectorbt" in rivals:
        slow["vectorbt_stop_and_target"] = partial(
            _with_vectorbt, rivals["vectorbt"], case, **_VECTORBT_STOPS
        )
    for run in [*runs.values(), *slow.values()]:
        run()  # compiles, warms caches
    best = dict.fromkeys([*runs, *slow], float("inf"))
    for turn in range(repeat):
        for name, run in [*runs.items(), *(slow.items() if turn < 2 else ())]:
            start = time.perf_counter()
            run()
            best[name] = min(best[name], (time.perf_counter() - start) * 1e3)
    return {
        "bars": bars,
        "repeat": repeat,
        "trades": len(simulate(case.market, case.decisions, COSTS, initial_cash=CASH).trades),
        "trades_every_feature": len(busy.run(BUSY_COSTS).ints),
        "milliseconds": {name: round(value, 3) for name, value in best.items()},
        "times_the_kernel": {name: round(value / best["kernel"], 2) for name, value in best.items()},
        "ratios": _ratios(best),
        "missing": [name for name in RIVALS if name not in rivals],
    }


def _numpy_pass(prepared: Prepared) -> float:
    """Reads every array that the kernel reads and writes the one that it writes, as fast as numpy can."""
    total = sum(float(values.sum()) for values in (*prepared.prices, prepared.funding.rates, prepared.values))
    np.empty(len(prepared.prices[0])).fill(total)
    return total


def _ratios(best: dict[str, float]) -> dict[str, float | None]:
    """What the kernel is held to: at most 2 numpy passes with every feature on, and 15 times as fast as vectorbt, with
    signals alone and with stops."""
    vectorbt, stops = best.get("vectorbt"), best.get("vectorbt_stop_and_target")
    busy = best["kernel_every_feature"]
    return {
        "every_feature_in_numpy_passes": round(busy / best["numpy_pass"], 2),
        "vectorbt_in_kernels": None if vectorbt is None else round(vectorbt / best["kernel"], 1),
        "vectorbt_with_stops_in_kernels_every_feature": None if stops is None else round(stops / busy, 1),
    }


def _every_feature(case: Case) -> tuple[Market, Decisions]:
    """The same crosses traded on both sides with half the equity, leverage, funding every 480 bars, stop, target,
    trailing stop, time limit, and an exit plan."""
    values = case.decisions.values.copy()
    values[:, 2], values[:, 3] = values[:, 1], values[:, 0]
    values[:, 4:9] = (0.5, 0.01, 0.02, 0.015, 200.0)
    rates = np.zeros(len(case.market))
    rates[::480] = 1e-4
    market = replace(
        case.market.with_columns({"funding_rate": rates}),
        roles={**case.market.roles, "funding": ("funding_rate",)},
    )
    plan = ExitPlan(((60, 0.01), (120, 0.005)), trail_after=0.01, trail_then=0.008)
    return market, Decisions(market.symbol, values, plan)


def _parity(name: str, module: ModuleType) -> dict[str, Any]:
    """Whether the rival's closed trades have our bars and prices, and how far its P&L is from ours."""
    case = make_case(PARITY_BARS, seed=1)
    ours = simulate(case.market, case.decisions, COSTS, initial_cash=CASH)
    theirs, final = _ADAPTERS[name](module, case)
    mine = closed(ours)
    same_bars = [trade[:2] for trade in mine] == [trade[:2] for trade in theirs]
    prices = same_bars and np.allclose([t[2:] for t in mine], [t[2:] for t in theirs], rtol=1e-12, atol=0)
    return {
        "bars": PARITY_BARS,
        "trades": len(mine),
        "same_trades": bool(prices),
        "final_equity_differs_by": abs(final / float(ours.equity[-1]) - 1),
    }


def _with_vectorbt(
    vectorbt: ModuleType, case: Case, *, both_sides: bool = False, **more: Any
) -> tuple[Closed, float]:
    """vectorbt fills on the signal's own bar: signals are moved on by one, prices are opens."""
    enter = np.concatenate(([False], case.enter[:-1] > 0))
    leave = np.concatenate(([False], case.leave[:-1] > 0))
    columns = case.market.columns
    if both_sides:
        more |= {"short_entries": pd.Series(leave), "short_exits": pd.Series(enter)}
    account = vectorbt.Portfolio.from_signals(
        pd.Series(columns["close"]),
        entries=pd.Series(enter),
        exits=pd.Series(leave),
        price=pd.Series(columns["open"]),
        fees=FEE_BPS / 1e4,
        open=pd.Series(columns["open"]),
        high=pd.Series(columns["high"]),
        low=pd.Series(columns["low"]),
        init_cash=CASH,
        freq="1min",
        **more,
    )
    records = account.trades.records
    done = records[records["status"] == 1]
    names = ["entry_idx", "exit_idx", "entry_price", "exit_price"]
    return list(done[names].itertuples(index=False, name=None)), float(account.value().iloc[-1])


def _with_backtesting(backtesting: ModuleType, case: Case) -> tuple[Closed, float]:
    enter, leave = case.enter > 0, case.leave > 0

    def start(self: Any) -> None:
        self.bar = -1

    def step(self: Any) -> None:
        bar = len(self.data) - 1
        if enter[bar] and not self.position:
            self.buy()
        elif leave[bar] and self.position:
            self.position.close()

    strategy = type("Replay", (backtesting.Strategy,), {"init": start, "next": step})
    columns = case.market.columns
    frame = pd.DataFrame({name.capitalize(): columns[name] for name in ("open", "high", "low", "close")})
    frame.index = pd.DatetimeIndex(case.market.time.view("datetime64[ns]"))
    stats = backtesting.Backtest(
        frame, strategy, cash=CASH, commission=FEE_BPS / 1e4, finalize_trades=False
    ).run()
    names = ["EntryBar", "ExitBar", "EntryPrice", "ExitPrice"]
    return list(stats["_trades"][names].itertuples(index=False, name=None)), float(stats["Equity Final [$]"])


_ADAPTERS: dict[str, Callable[[ModuleType, Case], tuple[Closed, float]]] = {
    "vectorbt": _with_vectorbt,
    "backtesting": _with_backtesting,
}


def _average(values: Floats, width: int) -> Floats:
    total = np.cumsum(np.concatenate(([0.0], values)))
    out = np.full(len(values), np.nan)
    out[width - 1 :] = (total[width:] - total[:-width]) / width
    return out


def _setting() -> dict[str, Any]:
    names = ("numpy", "numba", "pandas", *RIVALS)
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return {"python": platform.python_version(), "versions": found}


if __name__ == "__main__":
    sys.exit(main())
