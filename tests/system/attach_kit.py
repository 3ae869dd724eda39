"""Folders to attach, and a market for their dry runs that is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.backtest.simulate import simulate
from tools.contracts import Costs, Decisions, Market
from tools.system.attach import prepare
from tools.system.attaching import Attaching, Tried

SIGNALS = """
import pandas as pd

def signals(bars: pd.DataFrame) -> pd.DataFrame:
    up = bars["close"] > bars["close"].rolling(20).mean()
    return pd.DataFrame({"enter_long": up & ~up.shift(1, fill_value=False), "exit_long": ~up}, index=bars.index)
"""


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a folder; the folder."""
    for rel, text in files.items():
        (root / rel).parent.mkdir(parents=True, exist_ok=True)
        (root / rel).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return root


def count_trades(market: Market, decisions: Decisions, costs: Costs) -> int:
    """By the real kernel."""
    return len(simulate(market, decisions, costs).trades)


def tried(
    root: Path, world: str, *, agree: Callable[[str], bool] = lambda _: True, target: str | None = None
) -> Tried:
    """Attach a folder and try it, on the market ``world`` where it has no data."""

    @contextmanager
    def make_up(_: int) -> Iterator[str]:
        yield world

    found = prepare(root, target=target, yes=True, force=True)
    return Attaching(agree, make_up, count_trades, lambda _: None).run(found)
