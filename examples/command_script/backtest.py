"""A backtest as people write them: it reads its own data folder, has its own loop and says itself what came of it."""

from __future__ import annotations

import argparse
import csv
import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
CASH, FEE = 10_000.0, 0.0005
LOOKBACK, HOLD_BARS, STOP = 48, 36, 0.02


@dataclass
class Trade:
    symbol: str
    entry_time: pd.Timestamp
    exit_time: pd.Timestamp
    entry_price: float
    exit_price: float
    quantity: float
    pnl: float


def read(path: Path) -> pd.DataFrame:
    """Candles of one file, oldest first."""
    bars = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    bars["time"] = pd.to_datetime(bars["timestamp"], utc=True)
    return bars.sort_values("time").reset_index(drop=True)


def trade(symbol: str, bars: pd.DataFrame, cash: float) -> list[Trade]:
    """Buys a close above the highest of the last bars; sells after a while, or at the stop."""
    highest = bars["high"].shift(1).rolling(LOOKBACK).max()
    breakout = (bars["close"] > highest).to_numpy()
    opens, lows, times = bars["open"].to_numpy(), bars["low"].to_numpy(), bars["time"]
    trades: list[Trade] = []
    entry = 0
    price = quantity = 0.0
    for i in range(1, len(bars)):
        if quantity:
            stopped = lows[i] <= price * (1 - STOP)
            if stopped or i - entry >= HOLD_BARS:
                out = min(opens[i], price * (1 - STOP)) if stopped else opens[i]
                pnl = quantity * (out - price) - FEE * quantity * (out + price)
                trades.append(Trade(symbol, times[entry], times[i], price, float(out), quantity, float(pnl)))
                cash, quantity = cash + pnl, 0.0
        elif breakout[i - 1]:
            entry, price = i, float(opens[i])
            quantity = cash / price
    return trades


def summary(trades: list[Trade], symbols: int) -> dict[str, float]:
    """The figures that are printed and written."""
    cash = CASH * symbols
    equity, peak, deepest = cash, cash, 0.0
    for one in sorted(trades, key=lambda t: t.exit_time):
        equity += one.pnl
        peak = max(peak, equity)
        deepest = max(deepest, 1 - equity / peak)
    returns = [one.pnl / (one.quantity * one.entry_price) for one in trades]
    lost = -sum(one.pnl for one in trades if one.pnl < 0)
    figures = {
        "total_trades": len(trades),
        "net_profit": equity - cash,
        "total_return_pct": 100 * (equity / cash - 1),
        "max_drawdown_pct": 100 * deepest,
    }
    if returns:
        figures["win_rate_pct"] = 100 * sum(r > 0 for r in returns) / len(returns)
    if lost:
        figures["profit_factor"] = sum(one.pnl for one in trades if one.pnl > 0) / lost
    if len(returns) > 1 and statistics.stdev(returns) > 0:
        figures["sqn"] = math.sqrt(len(returns)) * statistics.mean(returns) / statistics.stdev(returns)
    return figures


def write(figures: dict[str, float], trades: list[Trade], folder: Path) -> None:
    """``metrics.json`` and ``trades.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
    with (folder / "trades.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["symbol", "side", "entry_time", "exit_time", "entry_price", "exit_price", "quantity", "pnl"]
        )
        for t in trades:
            times = t.entry_time.isoformat(), t.exit_time.isoformat()
            rows.writerow([t.symbol, "long", *times, t.entry_price, t.exit_price, t.quantity, t.pnl])


def main() -> None:
    parser = argparse.ArgumentParser(description="Breakouts, backtested.")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder of candle files")
    parser.add_argument("--symbol", help="only this one")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    asked = parser.parse_args()
    files = sorted([*asked.data.glob("*.csv"), *asked.data.glob("*.parquet")])
    wanted = [f for f in files if asked.symbol in (None, f.name.split("-")[0])]
    if not wanted:
        parser.error(f"no candle files for {asked.symbol or 'any symbol'} in {asked.data}")
    trades = [t for file in wanted for t in trade(file.name.split("-")[0], read(file), CASH)]
    figures = summary(trades, len(wanted))
    write(figures, trades, asked.out)
    print(f"{'figure':<20} {'value':>12}")
    for name, value in figures.items():
        print(f"{name:<20} {value:>12.2f}")


if __name__ == "__main__":
    main()
