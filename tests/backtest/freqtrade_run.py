"""freqtrade itself on hand-written candles, offline: a JSON list of cases on standard input, a list of exits out.

Runs in the rivals' environment, never in ours. A case: ``{"candles": [[o, h, l, c], ...], "exit_signal": n or null,
"stoploss", "minimal_roi", "trailing_stop", "trailing_stop_positive", "trailing_stop_positive_offset",
"trailing_only_offset_is_reached"}``; the entry signal is on candle 0. An exit: ``[candle, price, reason]``.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.bench.freqtrade_side import config, offline, stay_offline

PAIR, CALM, START = "TEST/USDT", 40, "2024-01-01"
STRATEGY = """
from freqtrade.strategy import IStrategy

class Marked(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "5m"
    stoploss = -0.99
    minimal_roi = {"0": 100.0}
    startup_candle_count = 0
    process_only_new_candles = True

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = (dataframe["volume"] == 2.0).astype(int)
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = (dataframe["volume"] == 3.0).astype(int)
        return dataframe
"""


def main() -> None:
    stay_offline()
    logging.disable(logging.WARNING)
    cases = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:
        backtesting = make(Path(folder))
        exits = [lived(backtesting, case) for case in cases]
    print(json.dumps(exits))


def make(home: Path) -> Any:
    exchanges: Any = importlib.import_module("freqtrade.exchange")
    exchanges.Binance = offline(exchanges.Binance, [PAIR])
    (home / "strategies").mkdir()
    (home / "data").mkdir()
    (home / "strategies" / "marked.py").write_text(STRATEGY, encoding="utf-8")
    settings = {**config([PAIR]), "fee": 0.0}
    (home / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    arguments = {
        "config": [str(home / "config.json")],
        "user_data_dir": str(home),
        "datadir": str(home / "data"),
        "strategy": "Marked",
    }
    optimize = importlib.import_module("freqtrade.commands.optimize_commands")
    enums = importlib.import_module("freqtrade.enums")
    made = optimize.setup_optimize_configuration(arguments, enums.RunMode.BACKTEST)
    return importlib.import_module("freqtrade.optimize.backtesting").Backtesting(made)


def lived(backtesting: Any, case: dict[str, Any]) -> list[Any]:
    strategy = backtesting.strategylist[0]
    backtesting._set_strategy(strategy)
    for name in (
        "stoploss",
        "trailing_stop",
        "trailing_stop_positive",
        "trailing_stop_positive_offset",
        "trailing_only_offset_is_reached",
    ):
        setattr(strategy, name, case[name])
    strategy.minimal_roi = {int(minutes): value for minutes, value in case["minimal_roi"].items()}
    frame = frame_of(case)
    found = backtesting.backtest(
        processed={PAIR: strategy.advise_all_indicators({PAIR: frame})[PAIR]},
        start_date=frame["date"].iloc[0].to_pydatetime(),
        end_date=frame["date"].iloc[-1].to_pydatetime(),
    )
    (trade,) = found["results"].to_dict("records")
    first = frame["date"].iloc[CALM]
    candle = round((trade["close_date"] - first).total_seconds() / 300)
    return [candle, float(trade["close_rate"]), str(trade["exit_reason"])]


def frame_of(case: dict[str, Any]) -> Any:
    """Calm candles at 100, then the case's, then calm ones at its last close."""
    import pandas as pd

    after = case["candles"][-1][3]
    rows = [[100.0] * 4] * CALM + case["candles"] + [[after] * 4] * 5
    frame = pd.DataFrame(rows, columns=["open", "high", "low", "close"], dtype=float)
    frame.insert(0, "date", pd.date_range(START, periods=len(rows), freq="5min", tz="UTC"))
    frame["volume"] = 1.0
    frame.loc[CALM, "volume"] = 2.0
    if case["exit_signal"] is not None:
        frame.loc[CALM + case["exit_signal"], "volume"] = 3.0
    return frame


if __name__ == "__main__":
    main()
