"""The ``freqtrade`` adapter keeps the contract, and more."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from adapter_contract import AdapterContract, wavy_market

from sandbox.host.contracts import Status
from tools.backtest.simulate import simulate
from tools.contracts import Market
from tools.system.adapters.freqtrade_hooks import told_by_child
from tools.system.attach import AttachError, attach
from tools.system.runner import Decided, Runner, require
from tools.system.system import System

pytestmark = pytest.mark.sandbox

SOURCE = """
import talib.abstract as ta
from freqtrade.strategy import IStrategy, IntParameter, informative
from pandas import DataFrame
from technical import qtpylib


class Crossing(IStrategy):
    timeframe = "5m"
    stoploss = -0.05
    minimal_roi = {"0": 0.04, "120": 0.02}
    startup_candle_count = 30
    buy_fast = IntParameter(3, 20, default=8, space="buy")

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=self.buy_fast.value)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=30)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        crossed = qtpylib.crossed_above(dataframe["fast"], dataframe["slow"])
        dataframe.loc[crossed, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["fast"] < dataframe["slow"], "exit_long"] = 1
        return dataframe
"""

_CALLBACKS = """
use_custom_stoploss = True

def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
    assert trade.pair == pair == "TON/USDT" and trade.open_rate > 0
    return 0.004 if current_profit > 0.01 else None

def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
    return "hour" if (current_time - trade.open_date_utc).total_seconds() >= 3600 else None

def confirm_trade_entry(self, pair, order_type, amount, rate, time_in_force, current_time,
                        entry_tag, side, **kwargs):
    return current_time.minute != 0
"""


class TestFreqtrade(AdapterContract):
    kind = "freqtrade"
    files: ClassVar[dict[str, str]] = {"crossing.py": SOURCE}
    target = "crossing:Crossing"
    knob = ("buy_fast", 15)
    living = ("crossing.py", 'dataframe.loc[crossed, "enter_long"] = 1')

    def asked(self, runner: Runner, base: str, text: str, market: Market | None = None) -> Decided:
        """What the strategy decides with ``text`` added to its class."""
        source = SOURCE + textwrap.indent(textwrap.dedent(text), "    ")
        return runner.decide(runner.store.derive(base, {"crossing.py": source}), market or wavy_market())

    def test_the_start_up_candles_give_no_signal(self, runner: Runner, base: str) -> None:
        values = require(runner.decide(base, wavy_market())).values
        assert not values[:30, :4].any()
        assert values[30:, 0].any()

    def test_roi_and_stop_become_resting_orders_after_fees(self, runner: Runner, base: str) -> None:
        decisions = require(runner.decide(base, wavy_market()))
        costs = runner.system.config.costs.costs()
        entered, left = 1 + costs.taker_bps * 1e-4, 1 - costs.maker_bps * 1e-4
        assert decisions.plan.targets == (
            (0, pytest.approx(1.04 * entered / left - 1)),
            (24, pytest.approx(1.02 * entered / left - 1)),
        )
        entries = decisions.column("enter_long") > 0
        assert decisions.column("stop")[entries] == pytest.approx(0.05)

    def test_what_callbacks_decide_is_what_the_simulation_repeats(self, runner: Runner, base: str) -> None:
        answer = self.asked(runner, base, _CALLBACKS)
        decisions, market = require(answer), wavy_market()
        trades = simulate(market, decisions, runner.system.config.costs.costs()).trades
        assert decisions.plan.moves and {t.reason.value for t in trades} >= {"signal", "stop"}
        assert all(t.exit_bar - t.entry_bar <= 12 for t in trades if t.reason.value == "signal")
        assert all((t.entry_time_ns // 60_000_000_000) % 60 != 0 for t in trades)
        for cut in (400, 555, 701, 833, 1000, 1111):
            part = self.asked(runner, base, _CALLBACKS, market.cut(0, cut))
            np.testing.assert_array_equal(require(part).values, decisions.values[:cut])
        plain = require(runner.decide(base, market))
        assert (decisions.entries() != plain.entries()).any()

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('timeframe = "5m"', 'timeframe = "1h"', 'write [data] timeframe = "1h"'),
            ('timeframe = "5m"', 'timeframe = "1m"', "give data of 1m or finer"),
            (
                'dataframe["slow"] = ta',
                'dataframe["x"] = dataframe["oi"]; dataframe["slow"] = ta',
                "KeyError: 'oi'",
            ),
            ("class Crossing", "class Other", "it has Other (crossing.py:8)"),
            (
                "stoploss = -0.05",
                "stoploss = 0.05",
                "Crossing (crossing.py:8): stoploss = 0.05: write a negative",
            ),
            ("    stoploss = -0.05\n", "", "Crossing (crossing.py:8): class Crossing does not set stoploss"),
            (
                'timeframe = "5m"',
                'timeframe = "5 minutes"',
                "Crossing (crossing.py:8): timeframe '5 minutes'",
            ),
            ('    timeframe = "5m"\n', "", "Crossing (crossing.py:8): class Crossing does not set timeframe"),
            ('{"0": 0.04, "120": 0.02}', '{"soon": 1}', "write minutes and profits"),
            (
                "= ta.SMA(dataframe, timeperiod=30)",
                "= dataframe.cvd",
                "'cvd' (crossing.py:17): no such column",
            ),
            ("timeperiod=30", "timeperiod=0", "timeperiod = 0: give 1 to 100000 (crossing.py:17)"),
            (
                "import IStrategy, ",
                "import Nonsense, IStrategy, ",
                "Nonsense' from 'freqtrade.strategy' (crossing.py:3)",
            ),
            (
                "from pandas",
                "from freqtrade.optimize import x\nfrom pandas",
                "freqtrade.optimize (crossing.py:4): Mendel's",
            ),
            (
                '        dataframe["slow"]',
                '        self.dp.get_pair_dataframe("PEPE/USDT", "1h")\n        dataframe["slow"]',
                "no candles of PEPEUSDT in the data in use",
            ),
            (
                "    def populate_indicators",
                "    @informative('1h', 'PEPE/USDT')\n    def more(self, dataframe, metadata):\n"
                "        return dataframe\n\n    def populate_indicators",
                "@informative (crossing.py:15): dp: no candles of PEPEUSDT",
            ),
            ("        return dataframe\n", "        return dataframe.dropna()\n", "keep every row"),
            (
                "    startup",
                "    def __init__(self, config, broker): pass\n    startup",
                "give the others defaults",
            ),
            ("ta.SMA(dataframe, timeperiod=30)", "ta.HT_SINE(dataframe)", "install TA-Lib"),
            ("        return dataframe\n", "        return dataframe[0]\n", "KeyError: 0"),
        ],
    )
    def test_bad_input_is_one_clear_line(
        self, runner: Runner, base: str, old: str, new: str, words: str
    ) -> None:
        assert old in SOURCE
        broken = runner.store.derive(base, {"crossing.py": SOURCE.replace(old, new, 1)})
        outcome = runner.decide(broken, wavy_market()).outcome
        assert outcome.status is Status.REJECTED and words in outcome.reason, outcome.reason
        assert "\n" not in outcome.reason

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("return trade.orders_of_mine", "trade.orders_of_mine is not known here"),
            ("return len(Trade.get_trades_proxy(pair=pair))", "closed trades are not shown"),
            ("return self.dp.orderbook(pair, 1)", "self.dp.orderbook is not available"),
            ("return self.dp.get_pair_dataframe('DOGE/USDT')", "no candles of DOGEUSDT"),
            ("return 1 / 0", "ZeroDivisionError"),
        ],
    )
    def test_what_callbacks_cannot_have_is_named(
        self, runner: Runner, base: str, text: str, words: str
    ) -> None:
        method = f"\ndef custom_exit(self, pair, trade, **kwargs):\n    from freqtrade.persistence import Trade\n    {text}\n"
        outcome = self.asked(runner, base, method).outcome
        assert outcome.status is Status.REJECTED and words in outcome.reason, outcome.reason
        assert "crossing.py:" in outcome.reason

    def test_shorts_where_the_class_allows_them(self, runner: Runner, base: str) -> None:
        text = """
        def populate_exit_trend(self, dataframe, metadata):
            crossed = qtpylib.crossed_below(dataframe["fast"], dataframe["slow"])
            dataframe.loc[crossed, ["exit_long", "enter_short"]] = (1, 1)
            dataframe.loc[dataframe["enter_long"] == 1, "exit_short"] = 1
            return dataframe

        def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
            assert pair == ("TON/USDT:USDT" if self.can_short else "TON/USDT")
            way = -1 if trade.is_short else 1
            assert (current_profit > 0) <= (way * (current_rate - trade.open_rate) > 0)
            return "enough" if current_profit > 0.02 else None
        """
        market, costs = wavy_market(), runner.system.config.costs.costs()
        both = self.asked(runner, base, textwrap.dedent(text) + "\ncan_short = True\n", market)
        sides = {t.side for t in simulate(market, require(both), costs).trades}
        long_only = self.asked(runner, base, text, market)
        assert sides == {1, -1} and not require(long_only).column("enter_short").any()

    def test_a_default_out_of_its_range_runs_and_is_told(self, runner: Runner, base: str) -> None:
        wide = runner.store.derive(base, {"crossing.py": SOURCE.replace("default=8", "default=25")})
        (told,) = require(runner.decide(wide, wavy_market())).notes
        assert "buy_fast" in told and "IntParameter" in told
        assert told_by_child("outside of its range: rm -rf\noutside of its range: K a;b\n") == ()

    def test_a_parameter_out_of_its_range_is_refused(self, runner: Runner, base: str) -> None:
        outcome = runner.decide(base, wavy_market(), overrides={"buy_fast": 99}).outcome
        assert outcome.status is Status.REJECTED and "99 is not between 3 and 20" in outcome.reason

    def test_few_and_no_candles(self, runner: Runner, base: str) -> None:
        for bars in (1, 2, 5, 40):
            decided = runner.decide(base, wavy_market().cut(0, bars))
            assert require(decided).values.shape == (bars, 9)

    def test_what_is_not_followed_is_told_with_the_decisions(self, runner: Runner, base: str) -> None:
        more = """
        @property
        def protections(self):
            return [{"method": "CooldownPeriod"}]

        def adjust_trade_position(self, trade, **kwargs):
            return None

        position_adjustment_enable = False
        unfilledtimeout = {"entry": 10}
        """
        told = require(self.asked(runner, base, textwrap.dedent(more))).notes
        assert [line.partition(":")[0] for line in told] == [
            "adjust_trade_position",
            "protections",
            "unfilledtimeout",
        ]
        assert require(runner.decide(base, wavy_market())).notes == ()
        assert told_by_child("not followed as written: evil\nnot followed as written: leverage\n") == (
            "leverage: at most [costs] leverage",
        )


def test_hooks_that_are_not_followed_are_named_when_it_is_attached(tmp_path: Path) -> None:
    more = "\n    def adjust_trade_position(self, trade, **kwargs):\n        return None\n\n    protections = [1]\n"
    (tmp_path / "crossing.py").write_text(SOURCE + more)
    notes = "\n".join(attach(tmp_path, yes=True).notes)
    assert "Crossing.adjust_trade_position (line" in notes and "Crossing.protections (line" in notes
    assert (
        System.open(tmp_path).config.data.timeframe is None
        or '"5m"' in (tmp_path / "mendel.toml").read_text()
    )


def test_two_strategies_in_one_file_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(SOURCE + SOURCE.replace("class Crossing", "class Second"))
    with pytest.raises(AttachError, match="two:Crossing, two:Second could each be the strategy"):
        attach(tmp_path)
    assert attach(tmp_path, yes=True).strategy.target == "two:Crossing"
    assert '# or: target = "two:Second"' in (tmp_path / "mendel.toml").read_text()
