"""Many parameter sets over the same bars, in Mendel's simulator and in vectorbt: ``python -m tools.bench.sweep``.

Each set is a moving-average cross of its own; the signals are made beforehand for both, in chunks, and not timed. Timed
is what turns ready signals into every set's net return. The last figures are compared: they must be the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.backtest.prepare import prepare
from tools.bench.parity import FEES, bars_of, installed
from tools.contracts import Decisions, Floats, Market

CHUNK = 100
CASH = 10_000.0
Bools = NDArray[np.bool_]


def main(arguments: list[str] | None = None) -> int:
    """Runs the sweep; 1 where vectorbt is installed and its returns are others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1_000)
    parser.add_argument("--bars", type=int, default=100_000)
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore")  # the rival's deprecations are not ours to fix
    answer = bench_sweep(options.sets, options.bars, installed("vectorbt"))
    print(json.dumps(answer, indent=2))
    return 1 if answer["largest_difference"] not in (None, 0.0) and answer["largest_difference"] > 1e-9 else 0


def bench_sweep(sets: int, bars: int, vectorbt: ModuleType | None) -> dict[str, Any]:
    """CPU seconds of all sets (one thread each), ours and theirs chunk by chunk in turn, and the largest difference of a net return."""
    market = bars_of(bars, seed=11)
    _ours(market, *next(_signals(market, 2)))  # compiles, warms caches
    if vectorbt is not None:
        _theirs(vectorbt, market, *next(_signals(market, 2)))
    seconds, apart = {"kernel": 0.0, "vectorbt": 0.0}, 0.0
    for enter, leave in _signals(market, sets):
        started = time.process_time()
        mine = _ours(market, enter, leave)
        seconds["kernel"] += time.process_time() - started
        if vectorbt is not None:
            started = time.process_time()
            other = _theirs(vectorbt, market, enter, leave)
            seconds["vectorbt"] += time.process_time() - started
            apart = max(apart, float(np.abs(mine - other).max()))
    known = vectorbt is not None
    return {
        "sets": sets,
        "bars": bars,
        "cpu_seconds": {"kernel": seconds["kernel"], "vectorbt": seconds["vectorbt"] if known else None},
        "times_the_kernel": seconds["vectorbt"] / seconds["kernel"] if known else None,
        "million_bars_a_second": sets * bars / seconds["kernel"] / 1e6,
        "largest_difference": apart if known else None,
    }


def _signals(market: Market, sets: int) -> Iterator[tuple[Bools, Bools]]:
    """Entries and exits of each set as (bars, sets) in chunks: crosses of two averages of the close."""
    close = market.columns["close"]
    total = np.cumsum(np.concatenate(([0.0], close)))
    pairs = [(fast, slow) for slow in range(20, 220, 2) for fast in range(5, 20)][:sets]
    pairs *= -(-sets // len(pairs))
    for start in range(0, sets, CHUNK):
        chosen = pairs[start : min(start + CHUNK, sets)]
        above = np.column_stack([_average(total, fast) > _average(total, slow) for fast, slow in chosen])
        enter, leave = np.zeros_like(above), np.zeros_like(above)
        enter[221:], leave[221:] = above[221:] & ~above[220:-1], ~above[221:] & above[220:-1]
        yield enter, leave


def _average(total: Floats, width: int) -> Floats:
    out = np.full(len(total) - 1, np.nan)
    out[width - 1 :] = (total[width:] - total[:-width]) / width
    return out


def _ours(market: Market, enter: Bools, leave: Bools) -> Floats:
    """Net return of each set."""
    values = np.zeros((len(market), 9))
    values[:, 4] = 1.0
    prepared = prepare(market, Decisions(market.symbol, values), FEES, CASH)
    returns = np.empty(enter.shape[1])
    for k in range(enter.shape[1]):
        prepared.values[:, 0], prepared.values[:, 1] = enter[:, k], leave[:, k]
        returns[k] = prepared.run(FEES).equity[-1] / CASH - 1.0
    return returns


def _theirs(vectorbt: ModuleType, market: Market, enter: Bools, leave: Bools) -> Floats:
    columns = market.columns
    moved = np.zeros((1, enter.shape[1]), dtype=bool)
    account = vectorbt.Portfolio.from_signals(
        pd.Series(columns["close"]),
        entries=pd.DataFrame(np.vstack((moved, enter[:-1]))),
        exits=pd.DataFrame(np.vstack((moved, leave[:-1]))),
        price=pd.Series(columns["open"]),
        fees=FEES.taker_bps / 1e4,
        init_cash=CASH,
        freq="1min",
    )
    return np.asarray(account.total_return(), dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
