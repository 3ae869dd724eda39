"""A system that is a backtest command, in a folder of its own, and its runs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from adapter_contract import wavy_market

from sandbox.host.contracts import SandboxPlace
from tools.contracts import Market
from tools.system.adapters.command import CommandAdapter
from tools.system.adapters.command_report import Ran
from tools.system.bundles import BundleStore
from tools.system.markets import load_system_markets
from tools.system.system import System

HEAD = '[strategy]\nkind = "command"\ntarget = {target}\n[data]\npath = "data/*.csv"\n[command]\n{command}\n'


def csv_of(market: Market) -> str:
    """The bars as a file of candles."""
    text = io.StringIO()
    market.frame().rename_axis("timestamp").to_csv(text)
    return text.getvalue()


def candles(bars: int = 1200, symbol: str = "TONUSDT") -> dict[str, str]:
    """Path -> text of one candle file."""
    return {f"data/{symbol}-5m.csv": csv_of(wavy_market(bars, symbol))}


def make(root: Path, target: str, command: str = "", **files: str) -> System:
    """A system in ``root``: candles, ``files`` (name -> text, ``__`` for a slash) and a ``mendel.toml``."""
    named = {name.replace("__", "/").replace("_DOT_", "."): text for name, text in files.items()}
    for name, text in {**candles(), **named}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "mendel.toml").write_text(
        HEAD.format(target=json.dumps(target), command=command), encoding="utf-8"
    )
    return System.open(root)


def runs(system: System, bundle: str | None = None) -> list[Ran]:
    """Run its command on its data up to the vault."""
    store = BundleStore(system.bundles)
    digest = bundle or store.snapshot(system)
    place = SandboxPlace(system.bundles, system.python)
    return CommandAdapter().reports(system, place, digest, load_system_markets(system))


def one(system: System) -> Ran:
    """The only run."""
    (ran,) = runs(system)
    return ran


def value(ran: Ran, name: str) -> float | None:
    """A figure of a run's; None where it is unknown."""
    row = next((row for row in ran.reading.get("figures", []) if row["name"] == name), None)
    return None if row is None or row["value"] is None else float(np.float64(row["value"]))
