"""freqtrade's hyperopt on the candles of a folder, offline: ``python -m tools.bench.freqtrade_side FOLDER --epochs 50``.

Runs in the rivals' environment. Prints one JSON document. freqtrade wants an exchange and asks it for its markets; it gets
its own exchange class with the markets written by hand, and a hook of the interpreter forbids every connection that leaves
the machine. Nothing else of freqtrade is changed."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from tools.bench.cpu import cpu_seconds
from tools.bench.crossing import FEE_BPS, SPACE, their_strategy

QUOTE, WALLET = "USDT", 10_000.0


def main(arguments: list[str] | None = None) -> int:
    """Runs the search once, and the strategy's defaults once, so that the trades can be compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="holds SYMBOL-5m.parquet: date, open, high, low, close, volume"
    )
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    stay_offline()
    logging.disable(logging.INFO)
    with contextlib.redirect_stdout(sys.stderr):  # freqtrade prints tables
        document = run(options.folder, options.epochs, options.jobs)
    print(json.dumps(document))
    return 0


def run(folder: Path, epochs: int, jobs: int) -> dict[str, Any]:
    """One search. ``trials_per_second`` leaves freqtrade's start-up and its first batch out, to its advantage."""
    started = time.perf_counter()
    hyperopt = make_hyperopt(folder / "freqtrade", prepare(folder), epochs, jobs)
    ready, ends = time.perf_counter(), record_ends(hyperopt)
    hyperopt.start()
    ended = time.perf_counter()
    counted = len(ends) - jobs
    return {
        "trials": len(ends),
        "workers": jobs,
        "trials_per_second": counted / (ends[-1][0] - ends[jobs - 1][0]),
        "trials_per_cpu_second": counted / (ends[-1][1] - ends[jobs - 1][1]),
        "setup_seconds": ready - started,
        "search_seconds": ended - ready,
        "trades_at_defaults": trades_at_defaults(hyperopt),
        "sampler": type(hyperopt.opt.sampler).__name__,
        "version": importlib.import_module("freqtrade").__version__,
    }


def record_ends(hyperopt: Any) -> list[tuple[float, float]]:
    """A list that will hold, for each trial, when it was judged and how much processor time was used by then."""
    ends: list[tuple[float, float]] = []
    judge = hyperopt.evaluate_result

    def evaluate_result(*given: Any) -> None:
        judge(*given)
        ends.append((time.perf_counter(), cpu_seconds()))

    hyperopt.evaluate_result = evaluate_result
    return ends


def stay_offline() -> None:
    """Connections to this machine and Unix sockets apart, every attempt to connect ends with an error."""

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            address = arguments[1]
            host = address[0] if isinstance(address, tuple) else ""
            if host not in ("", "127.0.0.1", "::1", "localhost"):
                raise RuntimeError(f"the benchmark is offline; something asked for {host}")
        elif event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"the benchmark is offline; something asked for {arguments[0]}")

    sys.addaudithook(guard)


def prepare(folder: Path) -> list[str]:
    """The candles and the strategy where freqtrade looks for them; the pairs."""
    import pandas as pd

    handlers = importlib.import_module("freqtrade.data.history")
    enums = importlib.import_module("freqtrade.enums")
    home = folder / "freqtrade"
    for name in ("data", "strategies", "hyperopt_results"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "strategies" / "crossing.py").write_text(their_strategy(), encoding="utf-8")
    store = handlers.get_datahandler(home / "data", "feather")
    pairs = []
    for path in sorted(folder.glob("*-5m.parquet")):
        pair = f"{path.name.partition(QUOTE)[0]}/{QUOTE}"
        store.ohlcv_store(pair, "5m", pd.read_parquet(path), enums.CandleType.SPOT)
        pairs.append(pair)
    return pairs


def make_hyperopt(home: Path, pairs: list[str], epochs: int, jobs: int) -> Any:
    """A ``Hyperopt`` on an exchange that needs no network."""
    exchanges: Any = importlib.import_module("freqtrade.exchange")
    exchanges.Binance = offline(exchanges.Binance, pairs)
    optimize = importlib.import_module("freqtrade.commands.optimize_commands")
    enums = importlib.import_module("freqtrade.enums")
    (home / "config.json").write_text(json.dumps(config(pairs)), encoding="utf-8")
    arguments = {
        "config": [str(home / "config.json")],
        "user_data_dir": str(home),
        "datadir": str(home / "data"),
        "strategy": "Crossing",
        "hyperopt_loss": "SharpeHyperOptLossDaily",
        "spaces": ["buy"],
        "epochs": epochs,
        "hyperopt_jobs": jobs,
        "hyperopt_random_state": 1,
        "hyperopt_min_trades": 1,
        "print_all": False,
        "print_json": False,
        "hyperopt_path": None,
        "disableparamexport": True,
    }
    made = optimize.setup_optimize_configuration(arguments, enums.RunMode.HYPEROPT)
    return importlib.import_module("freqtrade.optimize.hyperopt").Hyperopt(made)


def offline(exchange: Any, pairs: list[str]) -> Any:
    """``exchange``'s class with ``pairs`` as its markets, nothing asked of anybody."""
    markets = {pair: market(pair) for pair in pairs}

    def reload_markets(self: Any, force: bool = False, *, load_leverage_tiers: bool = True) -> None:
        self._markets = markets
        self._last_markets_refresh = 1

    return type(
        exchange.__name__, (exchange,), {"reload_markets": reload_markets, "__module__": exchange.__module__}
    )


def market(pair: str) -> dict[str, Any]:
    """One spot market as ccxt describes it, with fine steps, so that no amount is rounded away."""
    base, quote = pair.split("/")
    bounds = {"min": None, "max": None}
    return {
        "id": base + quote,
        "symbol": pair,
        "base": base,
        "quote": quote,
        "active": True,
        "type": "spot",
        "spot": True,
        "margin": False,
        "swap": False,
        "linear": None,
        "contractSize": None,
        "taker": FEE_BPS / 1e4,
        "maker": FEE_BPS / 1e4,
        "precision": {"amount": 1e-10, "price": 1e-10},
        "limits": dict.fromkeys(("amount", "price", "cost", "leverage"), bounds),
        "info": {},
    }


def config(pairs: list[str]) -> dict[str, Any]:
    """A dry-run configuration: one slot a pair, the whole wallet in use, the fee as agreed."""
    price = {"price_side": "same", "use_order_book": False}
    return {
        "dry_run": True,
        "dry_run_wallet": WALLET,
        "stake_currency": QUOTE,
        "stake_amount": "unlimited",
        "tradable_balance_ratio": 0.99,
        "max_open_trades": len(pairs),
        "timeframe": "5m",
        "trading_mode": "spot",
        "dataformat_ohlcv": "feather",
        "fee": FEE_BPS / 1e4,
        "exchange": {
            "name": "binance",
            "key": "",
            "secret": "",
            "pair_whitelist": pairs,
            "pair_blacklist": [],
        },
        "pairlists": [{"method": "StaticPairList"}],
        "entry_pricing": price,
        "exit_pricing": price,
    }


def trades_at_defaults(hyperopt: Any) -> int:
    """Closed trades of the strategy with its default settings."""
    result = hyperopt.hyperopter.generate_optimizer(
        {name: default for name, (_, _, default) in SPACE.items()}
    )
    return int(result["results_metrics"]["total_trades"])


if __name__ == "__main__":
    sys.exit(main())
