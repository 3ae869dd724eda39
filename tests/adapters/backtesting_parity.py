"""Our trades beside backtesting.py's own on the same strategies and its own sample prices.

``python tests/adapters/backtesting_parity.py [THEIRS.json [PREFIX…]]`` prints the table; THEIRS is what backtesting_side.py
printed (else it is run, by .venv-rivals or the interpreter that MENDEL_BENCH_PYTHON names)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.backtest.simulate import simulate
from tools.contracts import ExitReason, Market, Trade
from tools.system.bundles import BundleStore
from tools.system.runner import Runner, require
from tools.system.system import System

HERE = Path(__file__).resolve().parent
STRATEGIES = HERE / "backtesting_strategies"
ROOT = HERE.parents[1]
MINUTES = {"GOOG": 1440, "EURUSD": 60, "BTCUSD": 43_200}

LATE = "a limit or stop order: theirs fills inside the bar that meets it, ours at the open after it"
BRIEF = "a limit or stop order that theirs fills and leaves by the next open: ours has not entered by then"
PART = "theirs closes a part of a position, or adds to it: ours keeps its size"
RENEWED = "theirs closes and opens again at one open on the same side: ours holds on"
RUINED = "a position that has lost its whole stake: ours is liquidated, theirs goes on below nothing"
WARMING = (
    "the ATR of a trailing stop before it is warm: theirs is taken from later bars, ours from earlier ones"
)
GAPPED = "a bar that opens beyond the target and comes back to the stop: theirs takes the stop, ours the open"
FOLLOWS = "comes after one of these in the same run, whose later orders depend on it"
THEY_FAIL = "the library itself ends in an error on this sample"
UNKNOWN = "not explained"

#: What the run itself says -> what that explains.
SAID = {
    "the account closes no part": PART,
    "the account adds nothing": PART,
    "takes no part of it away": PART,
    "the account holds on": RENEWED,
    "while the ATR warms up": WARMING,
    "fills in the account at the open": LATE,
}
WARM_BARS = 120
#: After one of these the two sides are in different places. A position of another size is in the same place.
ROOTS = frozenset([LATE, BRIEF, RUINED, WARMING])

Row = tuple[float, float, float, float, float]  # side, entry bar, exit bar, entry price, exit price


@dataclass(frozen=True)
class Compared:
    """One strategy on one sample. ``same``: side, both bars and both prices; ``whys`` counts what explains the others;
    ``odd`` are the first that nothing does."""

    strategy: str
    sample: str
    theirs: int
    ours: int
    same: int
    whys: dict[str, int]
    odd: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return self.theirs == self.ours == self.same


def rival_python() -> str:
    """The interpreter that has backtesting.py; empty where there is none."""
    named = os.environ.get("MENDEL_BENCH_PYTHON", "")
    return named or next(map(str, ROOT.glob(".venv-rivals/bin/python")), "")


def run_theirs(python: str) -> dict[str, Any]:
    """What backtesting.py trades. Seconds."""
    command = [python, str(HERE / "backtesting_side.py"), str(STRATEGIES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def market_of(sample: str, prices: dict[str, list[float]]) -> Market:
    """A sample as a market; its volume may be 0."""
    columns = {name: np.array(values, float) for name, values in prices.items() if name != "time"}
    roles = {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    return Market(sample, MINUTES[sample], np.array(prices["time"], np.int64), columns, roles)


def run_ours(
    files: Sequence[Path], markets: Sequence[Market]
) -> Iterator[tuple[str, str, Any, tuple[str, ...]]]:
    """(strategy, sample, trades or the reason why there are none, notes), by one sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "system"
        root.mkdir()
        for file in files:
            shutil.copy(file, root / file.name)
        for file in files:
            (root / "mendel.toml").write_text(
                f'[strategy]\nkind = "backtesting"\ntarget = "{file.stem}:{class_in(file)}"\n'
                "[costs]\nfee_bps = { maker = 0.0, taker = 0.0 }\nslippage_bps = 0.0\nfunding = false\n"
            )
            system = System.open(root)
            store = BundleStore(system.bundles)
            base = store.snapshot(system)
            with Sandbox(SandboxPlace(system.bundles, system.python)) as sandbox:
                decided = Runner(system, sandbox, store).decide_many(base, markets)
            costs = system.config.costs.costs()
            for market in markets:
                answer = decided[market.symbol]
                notes = answer.decisions.notes if answer.decisions is not None else ()
                if answer.decisions is None:
                    yield file.stem, market.symbol, answer.outcome.reason, notes
                else:
                    found = simulate(market, require(answer), costs, initial_cash=1e7).trades
                    yield file.stem, market.symbol, found, notes


def class_in(path: Path) -> str:
    """The last class of a file."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("class ")]
    return lines[-1].removeprefix("class ").partition("(")[0]


def compare(name: str, sample: str, theirs: Any, ours: Any, notes: tuple[str, ...]) -> Compared:
    """Trade by trade; one that is open at the end is on neither side (theirs does not report it)."""
    if isinstance(theirs, str) or isinstance(ours, str):
        return Compared(
            name, sample, -1, -1, 0, {THEY_FAIL: 1} if isinstance(theirs, str) else {UNKNOWN: 1}, ()
        )
    rows = sorted((float(np.sign(row[0])), *map(float, row[1:])) for row in theirs)
    said = frozenset(why for words, why in SAID.items() for n in notes if words in n)
    count = len(rows)
    rows = _merged(rows) if RENEWED in said else rows
    mine = [_row(t) for t in ours if t.closed]
    left, missed = list(mine), []
    for row in rows:
        match = next((m for m in left if _same(m, row)), None)
        left.remove(match) if match is not None else missed.append(row)
    judge = Judge(rows, ours, said)
    told = [(row, judge.theirs(row)) for row in missed] + [(row, judge.ours(row)) for row in left]
    first = min((row[1] for row, why in told if why in ROOTS), default=np.inf)
    told = [(row, FOLLOWS if why == UNKNOWN and row[1] >= first else why) for row, why in told]
    odd = tuple(f"{'theirs' if r in missed else 'ours'} {r}" for r, why in told if why == UNKNOWN)
    whys = dict(Counter(why for _, why in told)) | ({RENEWED: count - len(rows)} if count > len(rows) else {})
    return Compared(name, sample, count, len(mine), len(rows) - len(missed), whys, odd[:8], notes)


def _merged(rows: Sequence[Row]) -> list[Row]:
    """Trades that follow each other on one side, at one bar and one price, as one."""
    found: list[Row] = []
    for row in rows:
        before = next((r for r in found if r[0] == row[0] and r[2] == row[1] and r[4] == row[3]), None)
        if before is None:
            found.append(row)
        else:
            found[found.index(before)] = (*before[:2], row[2], before[3], row[4])
    return found


def _row(trade: Trade) -> Row:
    last = float(trade.exit_bar) if trade.closed else np.inf
    return float(trade.side), float(trade.entry_bar), last, trade.entry_price, trade.exit_price


def _same(a: Row, b: Row) -> bool:
    return a[:3] == b[:3] and np.allclose(a[3:], b[3:], rtol=1e-9, atol=0)


class Judge:
    """Says why a trade is not the same on both sides. ``said`` are the differences that the run itself has named."""

    def __init__(self, theirs: Sequence[Row], ours: Sequence[Trade], said: frozenset[str]) -> None:
        self._theirs, self._ours, self._said = theirs, [_row(t) for t in ours], said
        # Left at an open, by the target or since the close before was beyond it.
        early = (ExitReason.TARGET, ExitReason.SIGNAL)
        self._gapped = [_row(t) for t in ours if t.reason in early]
        self._ruined = [_row(t) for t in ours if t.reason is ExitReason.LIQUIDATION]

    def theirs(self, row: Row) -> str:
        """Of a trade that ours lacks."""
        side, entry, last = row[:3]
        if any(r[:2] == row[:2] and r[2] <= last for r in self._ruined):
            return RUINED
        if any(r[:4] == row[:4] and r[4] != row[4] for r in self._gapped):
            return GAPPED
        covered = any(r[0] == side and r[1] <= entry and last <= r[2] for r in self._ours)
        if PART in self._said and covered:
            return PART
        if RENEWED in self._said and any(r[:2] == row[:2] and r[2] == np.inf for r in self._ours):
            return RENEWED  # theirs reports the pieces of what is open at the end, all but the last
        if WARMING in self._said and entry < WARM_BARS:
            return WARMING
        if LATE in self._said:
            if any(r[:2] == (side, entry + 1) for r in self._ours):
                return LATE
            if last <= entry + 1:
                return BRIEF
        return UNKNOWN

    def ours(self, row: Row) -> str:
        """Of a trade that theirs lacks."""
        side, entry = row[:2]
        if row in self._ruined:
            return RUINED
        if row in self._gapped and any(r[:4] == row[:4] for r in self._theirs):
            return GAPPED
        if LATE in self._said and any(r[:2] == (side, entry - 1) for r in self._theirs):
            return LATE
        if WARMING in self._said and entry < WARM_BARS:
            return WARMING
        return UNKNOWN


def main() -> None:
    theirs = json.loads(Path(sys.argv[1]).read_text()) if sys.argv[1:] else run_theirs(rival_python())
    prefixes = tuple(sys.argv[2:]) or ("",)
    files = [path for path in sorted(STRATEGIES.glob("*.py")) if path.stem.startswith(prefixes)]
    markets = [market_of(sample, told["prices"]) for sample, told in theirs.items()]
    rows = []
    for name, sample, ours, notes in run_ours(files, markets):
        row = compare(name, sample, theirs[sample]["trades"][name], ours, notes)
        rows.append(row)
        print(
            f"{name:22} {sample:7} theirs {row.theirs:5} ours {row.ours:5} same {row.same:5}",
            "equal" if row.equal else "",
        )
        for text, count in row.whys.items():
            print(f"    {count}: {text}")
        for text in (*row.odd, *(notes if row.odd else ())):
            print(f"    {text}")
    differ = sum(sum(row.whys.values()) for row in rows)
    odd = sum(row.whys.get(UNKNOWN, 0) for row in rows)
    print(f"{sum(row.same for row in rows)} trades the same, {differ} not, {odd} of those not explained")
    print(f"{sum(row.equal for row in rows)} of {len(rows)} trade for trade")


if __name__ == "__main__":
    main()
