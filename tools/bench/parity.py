"""The same decisions in Mendel's simulator, vectorbt and backtesting.py: ``python -m tools.bench.parity``.

One JSON document: for each case and each rival that is installed, whether the closed trades have the same bars and
prices, and how far the last equity is away. Exit code 1 where they differ. Both rivals are told what Mendel's rules
say: vectorbt fills on the signal's own bar, so its signals are moved on by one and priced at the open;
backtesting.py buys whole units, so the account is large.

Where the three have rules of their own, a case would say nothing about errors. Left out for that: an open past the
target followed by the stop inside the bar (both rivals take the stop), vectorbt's stops on the entry's bar (it looks
only from the next one on), its slippage on targets, and backtesting.py's spread (it leaves exits alone).
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Backtest, Costs, Decisions, ExitReason, Floats, Market

CASH = 1e9
BARS = 6_000
RIVALS = ("vectorbt", "backtesting")
Closed = list[tuple[int, int, float, float]]


FEES = Costs(maker_bps=5.0, taker_bps=5.0, slippage_bps=0.0, funding=False)
SLIPPING = Costs(maker_bps=5.0, taker_bps=5.0, slippage_bps=3.0, funding=False)
LENT = Costs(0.0, 0.0, 0.0, False, leverage=3.0, maintenance_margin=0.0)


@dataclass(frozen=True)
class Parity:
    """One case: what is decided on every entry beside the crosses, which sides trade, and who can be asked."""

    name: str
    sides: tuple[int, ...] = (1,)
    entry: dict[str, float] | None = None
    costs: Costs = FEES
    signals_end: bool = True
    rivals: tuple[str, ...] = RIVALS


CASES = (
    Parity("long only, signals"),
    Parity("short only, signals", (-1,)),
    Parity("reversals", (1, -1), rivals=("backtesting",)),
    Parity("slippage", costs=SLIPPING, rivals=("vectorbt",)),
    Parity("half the equity", entry={"size": 0.5}),
    Parity("stop and target, long", entry={"stop": 0.02, "target": 0.03}, signals_end=False),
    Parity("stop and target, short", (-1,), {"stop": 0.02, "target": 0.03}, signals_end=False),
    Parity(
        "stop, target and signals, both sides",
        (1, -1),
        {"stop": 0.006, "target": 0.012},
        rivals=("backtesting",),
    ),
    Parity("trailing stop, long", entry={"trail": 0.025}, signals_end=False),
    Parity("trailing stop, both sides", (1, -1), {"trail": 0.008}, rivals=("backtesting",)),
    Parity("time stop", (1, -1), {"max_bars": 7.0, "stop": 0.02}, rivals=("backtesting",)),
    Parity("leverage of 3", (1, -1), {"stop": 0.01}, LENT, rivals=("backtesting",)),
)


def main() -> int:
    """Compare; 1 where an installed rival trades differently, 2 where none is installed."""
    warnings.filterwarnings("ignore")  # the rivals' deprecations are not ours to fix
    rivals = {name: module for name in RIVALS if (module := installed(name)) is not None}
    cases = {
        case.name: {
            name: compare(case, name, module) for name, module in rivals.items() if name in case.rivals
        }
        for case in CASES
    }
    same = all(answer["same_trades"] for answers in cases.values() for answer in answers.values())
    missing = [name for name in RIVALS if name not in rivals]
    print(json.dumps({"cases": cases, "bars": BARS, "missing": missing, "same": same}, indent=2))
    return 2 if not rivals else 0 if same else 1


def compare(case: Parity, name: str, module: ModuleType) -> dict[str, Any]:
    """Ours beside theirs."""
    market, decisions = bars_of(), decisions_of(case)
    ours = simulate(market, decisions, case.costs, initial_cash=CASH)
    theirs, final = _ADAPTERS[name](module, market, decisions, case)
    mine = closed(ours)
    same_bars = [trade[:2] for trade in mine] == [trade[:2] for trade in theirs]
    apart = float(np.max(np.abs(np.array(mine)[:, 2:] / np.array(theirs)[:, 2:] - 1))) if same_bars else None
    equity = abs(final / float(ours.equity[-1]) - 1)
    return {
        "trades": len(mine),
        "ended_by": dict(Counter(trade.reason.value for trade in ours.trades)),
        "ambiguous_bars": ours.ambiguous_bars,
        "same_trades": apart is not None and apart < 1e-9 and equity < 1e-6,
        "prices_differ_by": apart,
        "final_equity_differs_by": equity,
        "first_difference": None if same_bars else _first(mine, theirs),
    }


def bars_of(bars: int = BARS, seed: int = 5) -> Market:
    """A random walk with fat tails: moves of about 0.2 % a bar, so that a bar rarely spans stop and target."""
    rng = np.random.default_rng(seed)
    close = 10 * np.exp(np.cumsum(rng.standard_t(5, bars) * 1.5e-3))
    opened = np.concatenate(([10.0], close[:-1])) * (1 + rng.normal(0, 1e-4, bars))
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 5e-4, bars)))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 5e-4, bars)))
    columns = {"open": opened, "high": high, "low": low, "close": close}
    stamps = 1_600_000_000_000_000_000 + np.arange(bars, dtype=np.int64) * 60_000_000_000
    return Market("XUSDT", 1, stamps, columns, {"price": tuple(columns)})


def decisions_of(case: Parity, bars: int = BARS, seed: int = 6) -> Decisions:
    """Random entries on the case's sides; a signal ends a position after a while, where signals may."""
    rng = np.random.default_rng(seed)
    values = np.zeros((bars, len(DECISION_COLUMNS)))
    values[:, 4] = 1.0
    turn = np.flatnonzero(rng.random(bars) < 0.05)
    for k, bar in enumerate(turn.tolist()):
        side = case.sides[k % len(case.sides)]
        if len(case.sides) == 2:
            values[bar, 0 if side > 0 else 2] = 1.0
            values[bar, 3 if side > 0 else 1] = 1.0 if case.signals_end else 0.0
        elif k % 2 == 0 or not case.signals_end:
            values[bar, 0 if side > 0 else 2] = 1.0
        else:
            values[bar, 1 if side > 0 else 3] = 1.0
    for name, value in (case.entry or {}).items():
        values[:, DECISION_COLUMNS.index(name)] = value
    return Decisions("XUSDT", values)


def closed(result: Backtest) -> Closed:
    """Bars and prices of the closed trades."""
    done = [trade for trade in result.trades if trade.reason is not ExitReason.OPEN]
    return [(trade.entry_bar, trade.exit_bar, trade.entry_price, trade.exit_price) for trade in done]


def installed(name: str) -> ModuleType | None:
    """The module, where it can be imported."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _first(mine: Closed, theirs: Closed) -> dict[str, Any]:
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=False) if a[:2] != b[:2]]
    ours, other = pairs[0] if pairs else (mine[-1], theirs[-1] if theirs else None)
    return {"ours": ours, "theirs": other, "trades": [len(mine), len(theirs)]}


def _with_vectorbt(
    vectorbt: ModuleType, market: Market, decisions: Decisions, case: Parity
) -> tuple[Closed, float]:
    columns, row = market.columns, case.entry or {}
    moved = np.concatenate((np.zeros((1, 9)), decisions.values[:-1]))
    side = case.sides[0]
    stops: dict[str, Any] = {"stop_entry_price": "fillprice"}
    if "stop" in row or "trail" in row:
        stops |= {"sl_stop": row.get("stop", row.get("trail")), "sl_trail": "trail" in row}
    if "target" in row:
        stops["tp_stop"] = row["target"]
    size: dict[str, Any] = {"size": row["size"], "size_type": "percent"} if "size" in row else {}
    account = vectorbt.Portfolio.from_signals(
        pd.Series(columns["close"]),
        entries=pd.Series(moved[:, 0 if side > 0 else 2] > 0),
        exits=pd.Series(moved[:, 1 if side > 0 else 3] > 0),
        direction="longonly" if side > 0 else "shortonly",
        price=pd.Series(columns["open"]),
        open=pd.Series(columns["open"]),
        high=pd.Series(columns["high"]),
        low=pd.Series(columns["low"]),
        fees=case.costs.taker_bps / 1e4,
        slippage=case.costs.slippage_bps / 1e4,
        init_cash=CASH,
        freq="1min",
        **stops,
        **size,
    )
    records = account.trades.records
    done = records[records["status"] == 1]
    names = ["entry_idx", "exit_idx", "entry_price", "exit_price"]
    return list(done[names].itertuples(index=False, name=None)), float(account.value().iloc[-1])


def _with_backtesting(
    backtesting: ModuleType, market: Market, decisions: Decisions, case: Parity
) -> tuple[Closed, float]:
    columns, row = market.columns, case.entry or {}
    strategy = type(
        "Replay",
        (backtesting.Strategy,),
        {"init": lambda self: None, "next": lambda self: _step(self, decisions.values, columns, row)},
    )
    frame = pd.DataFrame({name.capitalize(): columns[name] for name in ("open", "high", "low", "close")})
    frame.index = pd.DatetimeIndex(market.time.view("datetime64[ns]"))
    stats = backtesting.Backtest(
        frame,
        strategy,
        cash=CASH,
        commission=case.costs.taker_bps / 1e4,
        margin=1 / case.costs.leverage,
        finalize_trades=False,
    ).run()
    names = ["EntryBar", "ExitBar", "EntryPrice", "ExitPrice"]
    return list(stats["_trades"][names].itertuples(index=False, name=None)), float(stats["Equity Final [$]"])


def _step(self: Any, values: Floats, columns: Any, row: dict[str, float]) -> None:
    """One bar of backtesting.py: what the decisions say, told with its own orders for the next open."""
    bar = len(self.data) - 1
    if bar + 1 >= len(values):
        return
    free = not self.trades
    for trade in self.trades:
        side = 1 if trade.is_long else -1
        held = bar + 1 - trade.entry_bar
        if values[bar, 1 if side > 0 else 3] > 0 or 0 < row.get("max_bars", 0) <= held:
            trade.close()
            free = True
        elif "trail" in row:
            seen = columns["high" if side > 0 else "low"][trade.entry_bar : bar + 1]
            best = max(trade.entry_price, seen.max()) if side > 0 else min(trade.entry_price, seen.min())
            trade.sl = best * (1 - side * row["trail"])
    wanted = 1 if values[bar, 0] > 0 else -1 if values[bar, 2] > 0 else 0
    if wanted and free:
        price, stop = columns["open"][bar + 1], row.get("stop", row.get("trail"))
        terms = {"size": row["size"]} if "size" in row else {}
        if stop is not None:
            terms["sl"] = price * (1 - wanted * stop)
        if "target" in row:
            terms["tp"] = price * (1 + wanted * row["target"])
        (self.buy if wanted > 0 else self.sell)(**terms)


_ADAPTERS: dict[str, Callable[[ModuleType, Market, Decisions, Parity], tuple[Closed, float]]] = {
    "vectorbt": _with_vectorbt,
    "backtesting": _with_backtesting,
}


if __name__ == "__main__":
    sys.exit(main())
