"""The whole measurement: candles, cases, figures."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.bugs.board import PROCESSES, Progress, check_names, run_tasks, tasks_for
from lab.bugs.candles import DAYS, SEED, SYMBOLS, write_candles
from lab.bugs.score import scoreboard
from tools.contracts import Market
from tools.market import save_market
from tools.market.load import load_markets

#: What is taken of the person's own candles: so many symbols, spread over the list, and so many bars of each.
GIVEN_SYMBOLS, GIVEN_BARS = 4, 8640


def measure_bugs(
    *,
    operators: Sequence[str] = (),
    styles: Sequence[str] = (),
    held_out: bool = False,
    data: str | None = None,
    days: int = DAYS,
    out: Path,
    progress: Progress,
) -> dict[str, Any]:
    """The document of ``mendel scoreboard bugs``. [] of operators or styles means all; ``days`` of
    generated candles. Raises MendelError for names that do
    not exist and candles that cannot be read."""
    check_names(operators, styles)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mendel-candles-") as folder:
        progress("making candles")
        sets = {"generated": write_candles(Path(folder) / "generated", days=days)}
        if data is not None:
            sets["given"] = _given(data, Path(folder) / "given")
        tasks = []
        for name, glob in sets.items():
            market = name if name == "generated" and days == DAYS else f"{name}-{_content(glob)}"
            tasks += tasks_for(operators, styles, held_out, market, glob, out)
        rows = [{**r, "market": r["market"].split("-")[0]} for r in run_tasks(tasks, progress)]
    return {
        "scoreboard": "bugs",
        "held_out_measured": held_out,
        **scoreboard(rows),
        "candles": {"days": days, "seed": SEED, "symbols": list(SYMBOLS), "data": data},
        "processes": PROCESSES,
        "seconds": time.monotonic() - started,
    }


def _given(pattern: str, folder: Path) -> str:
    """A part of the person's candles, as large as the generated ones."""
    markets = load_markets(pattern, root=Path.cwd())
    names = sorted(markets)
    step = max(1, len(names) // GIVEN_SYMBOLS)
    folder.mkdir()
    for name in names[step - 1 :: step][:GIVEN_SYMBOLS]:
        market: Market = markets[name]
        save_market(market.cut(0, GIVEN_BARS), folder / f"{name}.parquet")
    return f"{folder}/*.parquet"


def _content(glob: str) -> str:
    total = hashlib.sha256()
    for path in sorted(Path(glob).parent.glob("*.parquet")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:12]
