"""Our trades beside freqtrade's own on the same strategies and candles.

``python tests/adapters/freqtrade_parity.py CANDLES SYMBOL[,SYMBOL] [THEIRS.json]`` prints the table. CANDLES is a folder of
SYMBOL-5m.parquet; THEIRS is what freqtrade_side.py printed (else it is run, by the interpreter that the environment variable
MENDEL_BENCH_PYTHON names)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade_side import class_in

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.backtest.simulate import simulate
from tools.contracts import ExitReason, Market, Trade
from tools.system.bundles import BundleStore
from tools.system.markets import every_market
from tools.system.runner import Runner, require
from tools.system.system import System

HERE = Path(__file__).resolve().parent
STRATEGIES = HERE / "freqtrade_strategies"
ROOT = HERE.parents[1]
#: freqtrade's reasons -> ours. A reason that is not here is a custom exit's own text.
REASONS = {
    "exit_signal": {"signal"},
    "roi": {"target", "signal"},  # an ROI that is reached when its step begins is left at the open
    "stop_loss": {"stop"},
    "trailing_stop_loss": {"trail", "stop"},
}

TICK = "theirs rounds the stop towards the entry, to the price's step, and the low (high) is on it: ours is less than a step away"
INSIDE = "their stop trails on a candle's high before that candle's low; ours from the next candle on"
CLOSE = "a profit is asked for at the close that decides; theirs at the open that fills"
GAP = "the next open is not the close: on a position's first bar, what rests is measured from the close"
#: Strategies whose levels are said bar by bar (Exits.by_row).
BY_ROW = {"RoiRises", "RoiWaits"}
FOLLOWS = "follows from one of these: the other side is in a position"
UNKNOWN = "not explained"


@dataclass(frozen=True)
class Compared:
    """Trades of one strategy on all symbols. ``same``: entry and exit bar and reason; ``whys`` counts
    what the others are explained by; ``odd``: the first that nothing explains."""

    strategy: str
    theirs: int
    ours: int
    entries: int
    exits: int
    same: int
    whys: dict[str, int]
    odd: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return self.theirs == self.ours == self.same


def run_theirs(python: str, candles: Path, symbols: str) -> dict[str, Any]:
    """What freqtrade trades. Minutes."""
    command = [python, str(HERE / "freqtrade_side.py"), str(STRATEGIES), str(candles), symbols]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run_ours(file: Path, candles: Path, symbols: list[str]) -> dict[str, tuple[Market, tuple[Trade, ...]]]:
    """Our trades of one strategy file, by symbol."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "system"
        root.mkdir()
        shutil.copy(file, root / file.name)
        (root / "mendel.toml").write_text(
            f'[strategy]\nkind = "freqtrade"\ntarget = "{file.stem}:{class_in(file)}"\n'
            f'[data]\npath = "{candles}/*-5m.parquet"\nsymbols = {json.dumps(symbols)}\n'
            "[costs]\nfee_bps = { maker = 5.0, taker = 5.0 }\nslippage_bps = 0.0\nfunding = false\n"
        )
        system = System.open(root)
        store = BundleStore(system.bundles)
        base = store.snapshot(system)
        markets = every_market(system)
        with Sandbox(SandboxPlace(system.bundles, system.python)) as sandbox:
            decided = Runner(system, sandbox, store).decide_many(base, markets)
        costs = system.config.costs.costs()
        return {s: (markets[s], simulate(markets[s], require(d), costs).trades) for s, d in decided.items()}


def compare(
    name: str, theirs: Any, ours: dict[str, tuple[Market, tuple[Trade, ...]]], stoploss: float
) -> Compared:
    """Trades by symbol and entry; the last one, where it is open or was ended with the data, is left out."""
    if isinstance(theirs, str):
        return Compared(name, -1, 0, 0, 0, 0, {}, (theirs[:100],))
    mine = {
        (symbol, t.entry_time_ns): (t.exit_time_ns, t.reason.value)
        for symbol, (_, trades) in ours.items()
        for t in trades
    }
    last = {(symbol, trades[-1].entry_time_ns) for symbol, (_, trades) in ours.items() if trades}
    open_ones = {key for key in last if mine[key][1] == ExitReason.OPEN.value}
    rows = {(row[0], row[1]): (row[2], row[3]) for row in theirs}
    rounded = {(row[0], row[1]) for row in theirs if _on_a_step(row, stoploss)}
    forced = {key for key, (_, reason) in rows.items() if reason == "force_exit"}
    whys = {
        key: _gap(why(key, rows, mine, rounded), rows.get(key), name)
        for key in sorted(rows.keys() | mine.keys())
        if key not in forced & open_ones
    }
    both = rows.keys() & mine.keys() - (forced & open_ones)
    exits = {key for key in both if rows[key][0] == mine[key][0]}
    counted = Counter(text for text in whys.values() if text)
    odd = [f"{k[0]} {k[1]} {rows.get(k)} {mine.get(k)} {text}" for k, text in whys.items() if text == UNKNOWN]
    return Compared(
        name,
        len(rows) - len(forced & open_ones),
        len(mine) - len(forced & open_ones),
        len(both),
        len(exits),
        sum(not text for text in whys.values()),
        dict(counted),
        tuple(odd[:6]),
    )


def _gap(text: str, theirs: tuple[int, str] | None, name: str) -> str:
    if text == UNKNOWN and name in BY_ROW and theirs is not None and theirs[1] == "roi":
        return GAP
    return text


def stoploss_in(file: Path) -> float:
    """The stop that the class writes, above 0."""
    found = re.search(r"^    stoploss = -([0-9.]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    return float(found.group(1)) if found else 0.0


Rows = dict[tuple[str, int], tuple[int, str]]


def _on_a_step(row: list[Any], stoploss: float) -> bool:
    """Whether a trade of theirs ended at its stop rounded towards the entry by less than one step of the price."""
    decimals = max(len(repr(float(rate)).partition(".")[2]) for rate in row[4:6])
    side = 1.0 if row[5] < row[4] else -1.0  # a stop loss is a loss
    above = side * (row[5] - row[4] * (1.0 - side * stoploss))
    return bool(row[3] == "stop_loss" and 0.0 < above < 10.0**-decimals * 1.000001)


def why(key: tuple[str, int], rows: Rows, mine: Rows, rounded: set[tuple[str, int]]) -> str:
    """Why a trade is not the same on both sides; empty where it is."""
    if key in rows and key in mine:
        (their_end, reason), (our_end, ours) = rows[key], mine[key]
        if their_end == our_end and ours in REASONS.get(reason, {"signal"}):
            return ""
        if key in rounded and their_end <= our_end:
            return TICK
        if reason == "trailing_stop_loss" and their_end <= our_end:
            return INSIDE
        return CLOSE if reason == "exit_signal" else UNKNOWN
    other = mine if key in rows else rows
    symbol, entry = key
    held = any(s == symbol and start < entry <= end for (s, start), (end, _) in other.items())
    return FOLLOWS if held else UNKNOWN


def main() -> None:
    candles, symbols, *rest = sys.argv[1:]
    python = os.environ.get("MENDEL_BENCH_PYTHON", "")
    theirs = json.loads(Path(rest[0]).read_text()) if rest else run_theirs(python, Path(candles), symbols)
    only = rest[1:]
    rows = []
    for file in sorted(STRATEGIES.glob("*.py")):
        name = class_in(file)
        if name not in theirs or (only and name not in only):
            continue
        try:
            ours = run_ours(file, Path(candles).resolve(), symbols.split(","))
        except Exception as error:  # noqa: BLE001 - the table says so
            print(f"{name:18} {type(error).__name__}: {error}")
            continue
        row = compare(name, theirs[name], ours, stoploss_in(file))
        rows.append(row)
        print(
            f"{name:18} theirs {row.theirs:5} ours {row.ours:5} entries {row.entries:5} exits {row.exits:5} "
            f"same {row.same:5} {'equal' if row.equal else ''}",
            flush=True,
        )
        for text, count in row.whys.items():
            print(f"    {count}: {text}")
        for text in row.odd:
            print(f"    {text}")
    print(f"{sum(row.equal for row in rows)} of {len(rows)} strategies trade for trade")


if __name__ == "__main__":
    main()
