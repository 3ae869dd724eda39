"""freqtrade's own backtester on a folder of strategies, offline: one JSON document on standard output.

``python -m … STRATEGIES CANDLES SYMBOL[,SYMBOL] [NAME…]``, in the rivals' environment, never in ours. The document maps
a strategy's name to a list of trades: symbol, time of entry and exit (ns UTC), reason, rates; or to a text, the error."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.bench.freqtrade_side import QUOTE, config, offline, stay_offline

FEE = 5e-4
TIMEFRAMES = ("5m", "15m", "1h")


def main() -> None:
    strategies, candles, symbols, *names = sys.argv[1:]
    stay_offline()
    logging.disable(logging.WARNING)
    pairs = [f"{symbol.removesuffix(QUOTE)}/{QUOTE}" for symbol in symbols.split(",")]
    wanted = names or [class_in(path) for path in sorted(Path(strategies).glob("*.py"))]
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store(home, Path(candles), pairs)
        exchanges: Any = importlib.import_module("freqtrade.exchange")
        exchanges.Binance = offline(exchanges.Binance, pairs)
        found = {name: trades_of(home, strategies, pairs, name) for name in wanted}
    print(json.dumps(found))


def class_in(path: Path) -> str:
    """The last class of a file: the ones before it are its bases."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("class ")]
    return lines[-1].removeprefix("class ").partition("(")[0]


def store(home: Path, candles: Path, pairs: list[str]) -> None:
    """The candles, and coarser ones made of them, where freqtrade looks for them."""
    import pandas as pd

    handlers = importlib.import_module("freqtrade.data.history")
    enums = importlib.import_module("freqtrade.enums")
    (home / "data").mkdir()
    kept = handlers.get_datahandler(home / "data", "feather")
    rules = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    for pair in pairs:
        fine = read(candles / f"{pair.replace('/', '')}-5m.parquet")
        for timeframe in TIMEFRAMES:
            frame = fine
            if timeframe != "5m":
                frame = (
                    fine.set_index("date")
                    .resample(timeframe.replace("m", "min"))
                    .agg(rules)
                    .dropna()
                    .reset_index()
                )
            kept.ohlcv_store(pair, timeframe, pd.DataFrame(frame), enums.CandleType.SPOT)


def read(path: Path) -> Any:
    import pandas as pd

    frame = pd.read_parquet(path).reset_index()
    time = next(name for name in ("date", "timestamp", "open_time", "index") if name in frame)
    frame["date"] = pd.to_datetime(frame[time], utc=True)
    return frame[["date", "open", "high", "low", "close", "volume"]]


def trades_of(home: Path, strategies: str, pairs: list[str], name: str) -> Any:
    settings = {**config(pairs), "fee": FEE, "stake_amount": 100.0, "strategy_path": strategies}
    (home / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    arguments = {
        "config": [str(home / "config.json")],
        "user_data_dir": str(home),
        "datadir": str(home / "data"),
        "strategy": name,
        "strategy_path": strategies,
        "export": "none",
    }
    optimize = importlib.import_module("freqtrade.commands.optimize_commands")
    enums = importlib.import_module("freqtrade.enums")
    try:
        made = optimize.setup_optimize_configuration(arguments, enums.RunMode.BACKTEST)
        backtesting = importlib.import_module("freqtrade.optimize.backtesting").Backtesting(made)
        data, timerange = backtesting.load_bt_data()
        backtesting.backtest_one_strategy(backtesting.strategylist[0], data, timerange)
    except Exception as error:  # noqa: BLE001 - the document says so
        return f"{type(error).__name__}: {error}"
    return [row(trade) for trade in backtesting.all_bt_content[name]["results"].to_dict("records")]


def row(trade: dict[str, Any]) -> list[Any]:
    symbol = trade["pair"].partition(":")[0].replace("/", "")
    times = [int(trade[key].timestamp()) * 1_000_000_000 for key in ("open_date", "close_date")]
    return [symbol, *times, trade["exit_reason"], trade["open_rate"], trade["close_rate"]]


if __name__ == "__main__":
    main()
