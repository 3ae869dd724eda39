"""freqtrade's lookahead-analysis and recursive-analysis on strategies in a folder: ``python -m tools.bench.bugs_freqtrade
FOLDER``. Runs in the rivals' environment, offline; prints one JSON document."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import logging
import math
import sys
import time
from pathlib import Path
from typing import Any

from tools.bench.bugs_cases import CLASS
from tools.bench.freqtrade_side import QUOTE, config, offline, stay_offline

#: A value that differs by more than this part at the strategy's own start-up counts as told by recursive-analysis.
RECURSIVE = 1e-4
ANALYSIS = "freqtrade.optimize.analysis"


def main(arguments: list[str] | None = None) -> int:
    """Every ``NAME/swing.py`` below the folder, on the candles in ``FOLDER/data``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    stay_offline()
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(sys.stderr):
        pairs, span = _prepare(folder)
        exchanges: Any = importlib.import_module("freqtrade.exchange")
        exchanges.Binance = offline(exchanges.Binance, pairs)
        found = {p.parent.name: _both(folder, p, pairs, span) for p in sorted(folder.glob("*/swing.py"))}
    version = importlib.import_module("freqtrade").__version__
    print(json.dumps({"version": version, "strategies": found}))
    return 0


def _prepare(folder: Path) -> tuple[list[str], str]:
    import pandas as pd

    handlers = importlib.import_module("freqtrade.data.history")
    enums = importlib.import_module("freqtrade.enums")
    home = folder / "freqtrade"
    (home / "data").mkdir(parents=True, exist_ok=True)
    store = handlers.get_datahandler(home / "data", "feather")
    pairs, span = [], ""
    for path in sorted((folder / "data").glob("*-5m.parquet")):
        frame = pd.read_parquet(path).rename(columns={"timestamp": "date"})
        frame = frame[["date", "open", "high", "low", "close", "volume"]]
        pairs.append(f"{path.name.partition(QUOTE)[0]}/{QUOTE}")
        store.ohlcv_store(pairs[-1], "5m", frame, enums.CandleType.SPOT)
        first = frame["date"].iloc[0] + pd.Timedelta(days=8)
        span = f"{first:%Y%m%d}-{frame['date'].iloc[-1]:%Y%m%d}"
    return pairs, span


def _both(folder: Path, file: Path, pairs: list[str], span: str) -> dict[str, Any]:
    return {
        "lookahead": _guarded(_lookahead, folder, file, pairs, span),
        "recursive": _guarded(_recursive, folder, file, pairs, span),
    }


def _guarded(analysis: Any, *given: Any) -> dict[str, Any]:
    """What a rival says, or why it says nothing: one strategy must not end the others."""
    started = time.perf_counter()
    try:
        found: dict[str, Any] = analysis(*given)
    except Exception as error:  # noqa: BLE001 - whatever the rival raises is its answer
        found = {"found": None, "error": f"{type(error).__name__}: {error}"[:300]}
    return {**found, "seconds": time.perf_counter() - started}


def _settings(folder: Path, file: Path, pairs: list[str], span: str) -> Any:
    configuration: Any = importlib.import_module("freqtrade.configuration")
    enums = importlib.import_module("freqtrade.enums")
    home = folder / "freqtrade"
    (home / "config.json").write_text(json.dumps(config(pairs)), encoding="utf-8")
    arguments = {
        "config": [str(home / "config.json")],
        "user_data_dir": str(home),
        "datadir": str(home / "data"),
        "strategy": CLASS,
        "strategy_path": str(file.parent),
        "timerange": span,
        "minimum_trade_amount": 5,
        "targeted_trade_amount": 20,
    }
    return configuration.setup_utils_configuration(arguments, enums.RunMode.UTIL_EXCHANGE)


def _strategy(settings: Any) -> Any:
    resolver = importlib.import_module("freqtrade.resolvers").StrategyResolver
    objects = resolver.search_all_objects(settings, enum_failed=False, recursive=False)
    return next(o for o in objects if o["name"] == CLASS)


def _lookahead(folder: Path, file: Path, pairs: list[str], span: str) -> dict[str, Any]:
    helpers: Any = importlib.import_module(f"{ANALYSIS}.lookahead_helpers")
    settings = _settings(folder, file, pairs, span)
    settings = helpers.LookaheadAnalysisSubFunctions.calculate_config_overrides(settings)
    with importlib.import_module("freqtrade.util").get_progress_tracker() as progress:
        analysis = helpers.LookaheadAnalysis(settings, _strategy(settings))
        analysis.start(progress)
    told = analysis.current_analysis
    return {
        "found": bool(told.has_bias),
        "signals": told.total_signals,
        "indicators": list(told.false_indicators),
        "failed": bool(analysis.failed_bias_check),
    }


def _recursive(folder: Path, file: Path, pairs: list[str], span: str) -> dict[str, Any]:
    helpers: Any = importlib.import_module(f"{ANALYSIS}.recursive_helpers")
    settings = _settings(folder, file, pairs, span)
    settings = helpers.RecursiveAnalysisSubFunctions.calculate_config_overrides(settings)
    with importlib.import_module("freqtrade.util").get_progress_tracker() as progress:
        analysis = helpers.RecursiveAnalysis(settings, _strategy(settings))
        analysis.start(progress)
    own = analysis._strat_scc
    told = {name: v[own] for name, v in analysis.dict_recursive.items() if v.get(own) is not None}
    apart = {name: abs(v) for name, v in told.items() if math.isfinite(v)}
    return {"found": any(v > RECURSIVE for v in apart.values()), "startup": own, "apart": apart}


if __name__ == "__main__":
    sys.exit(main())
