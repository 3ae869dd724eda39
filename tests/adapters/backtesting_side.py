"""backtesting.py's own trades of a folder of strategies on its own sample prices: one JSON document on standard output.

``python … STRATEGIES``, in the rivals' environment, never in ours. The document maps a sample's name to ``prices`` (columns,
and ``time`` in ns UTC) and ``trades``: by strategy file a list of size, entry bar, exit bar, entry price, exit price, or a
text, the error."""

from __future__ import annotations

import contextlib
import importlib
import json
import runpy
import sys
import warnings
from pathlib import Path
from typing import Any

SAMPLES = ("GOOG", "EURUSD", "BTCUSD")


def main() -> None:
    warnings.filterwarnings("ignore")
    samples = importlib.import_module("backtesting.test")
    files = sorted(Path(sys.argv[1]).glob("*.py"))
    with contextlib.redirect_stdout(sys.stderr):
        scripts = {path.stem: said(path) for path in files}
        found = {
            name: {
                "prices": prices(getattr(samples, name)),
                "trades": {stem: trades(getattr(samples, name), *script) for stem, script in scripts.items()},
            }
            for name in SAMPLES
        }
    print(json.dumps(found))


def said(path: Path) -> tuple[Any, dict[str, Any]]:
    """The class and the arguments that a script gives its Backtest."""
    package = importlib.import_module("backtesting")
    real, heard = package.Backtest, []

    class Listening:
        def __init__(self, data: Any, strategy: Any, **kwargs: Any) -> None:
            heard.append((strategy, kwargs))

        def run(self) -> None:
            return None

    package.Backtest = Listening
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        package.Backtest = real
    return heard[0]


def prices(frame: Any) -> dict[str, list[float]]:
    columns = {name.lower(): frame[name].astype(float).tolist() for name in frame}
    return {"time": frame.index.as_unit("ns").asi8.tolist(), **columns}


def trades(frame: Any, strategy: Any, arguments: dict[str, Any]) -> Any:
    try:
        stats = importlib.import_module("backtesting").Backtest(frame, strategy, **arguments).run()
    except Exception as error:  # noqa: BLE001 - the document says so
        return f"{type(error).__name__}: {error}"
    rows = stats["_trades"][["Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice"]].values.tolist()
    return [[float(v) for v in row] for row in rows]


if __name__ == "__main__":
    main()
