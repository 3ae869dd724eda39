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

from tools.bench.freqtrade_side import QUOTE, config, market, offline, stay_offline

FEE = 5e-4
TIMEFRAMES = ("5m", "15m", "1h")


def main() -> None:
    strategies, candles, symbols, *names = sys.argv[1:]
    stay_offline()
    logging.disable(logging.WARNING)
    pairs = [f"{symbol.removesuffix(QUOTE)}/{QUOTE}" for symbol in symbols.split(",")]
    files = {class_in(path): path for path in sorted(Path(strategies).glob("*.py"))}
    wanted = names or list(files)
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store(home, Path(candles), pairs)
        exchanges: Any = importlib.import_module("freqtrade.exchange")
        plain, found = exchanges.Binance, {}
        for futures in (False, True):
            exchanges.Binance = on_futures(plain, pairs) if futures else offline(plain, pairs)
            chosen = [name for name in wanted if ("can_short = True" in files[name].read_text()) is futures]
            found |= {name: trades_of(home, strategies, pairs, name, futures) for name in chosen}
    print(json.dumps(found))


def class_in(path: Path) -> str:
    """The last class of a file: the ones before it are its bases."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("class ")]
    return lines[-1].removeprefix("class ").partition("(")[0]


def contract(pair: str) -> str:
    """The perpetual's name."""
    return f"{pair}:{QUOTE}"


def on_futures(exchange: Any, pairs: list[str]) -> Any:
    """The exchange's class with perpetuals as its markets; its leverage tiers come with freqtrade."""
    swap = {"type": "swap", "spot": False, "swap": True, "linear": True, "contractSize": 1.0, "settle": QUOTE}
    made = {contract(pair): {**market(pair), **swap, "symbol": contract(pair)} for pair in pairs}
    closed = offline(exchange, pairs)

    def reload_markets(self: Any, force: bool = False, *, load_leverage_tiers: bool = True) -> None:
        self._markets = made
        self._last_markets_refresh = 1
        self.fill_leverage_tiers()

    return type(
        exchange.__name__, (closed,), {"reload_markets": reload_markets, "__module__": exchange.__module__}
    )


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
            kept.ohlcv_store(contract(pair), timeframe, pd.DataFrame(frame), enums.CandleType.FUTURES)
        for timeframe in ("1h", "8h"):  # nothing is paid: funding is compared elsewhere
            hours = fine.set_index("date").resample(timeframe).agg(rules).dropna().reset_index()
            kept.ohlcv_store(contract(pair), timeframe, pd.DataFrame(hours), enums.CandleType.MARK)
            unpaid = hours.assign(open=0.0, high=0.0, low=0.0, close=0.0, volume=0.0, funding_rate=0.0)
            kept.ohlcv_store(contract(pair), timeframe, pd.DataFrame(unpaid), enums.CandleType.FUNDING_RATE)


def read(path: Path) -> Any:
    import pandas as pd

    frame = pd.read_parquet(path).reset_index()
    time = next(name for name in ("date", "timestamp", "open_time", "index") if name in frame)
    frame["date"] = pd.to_datetime(frame[time], utc=True)
    return frame[["date", "open", "high", "low", "close", "volume"]]


def trades_of(home: Path, strategies: str, pairs: list[str], name: str, futures: bool) -> Any:
    names = [contract(pair) for pair in pairs] if futures else pairs
    settings = {**config(names), "fee": FEE, "stake_amount": 100.0, "strategy_path": strategies}
    if futures:
        price = {"price_side": "same", "use_order_book": True, "order_book_top": 1}
        settings |= {"trading_mode": "futures", "margin_mode": "isolated"}
        settings |= {"entry_pricing": price, "exit_pricing": price}
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
