"""The ``backtesting`` adapter keeps the contract, and more."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest
from adapter_contract import AdapterContract, wavy_market

from sandbox.host.contracts import Setting, Status
from tools.analysis.lookahead.check import check_lookahead
from tools.backtest.simulate import simulate
from tools.contracts import Costs, Decisions, Market
from tools.system.runner import Decided, Runner, require

pytestmark = pytest.mark.sandbox

SOURCE = """
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Crossing(Strategy):
    n1 = 8
    n2 = 30
    stop = 0.015

    def init(self):
        self.fast = self.I(SMA, self.data.Close, self.n1)
        self.slow = self.I(SMA, self.data.Close, self.n2)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy(sl=self.data.Close[-1] * (1 - self.stop), tp=self.data.Close[-1] * 1.03)
        elif self.position and self.fast[-1] < self.slow[-1]:
            self.position.close()


if __name__ == "__main__":
    Backtest(None, Crossing, cash=50_000, exclusive_orders=True).run()
"""


class TestBacktesting(AdapterContract):
    kind = "backtesting"
    files: ClassVar[dict[str, str]] = {"crossing.py": SOURCE}
    target = "crossing:Crossing"
    knob = ("n1", 15)
    living = ("crossing.py", "self.slow = self.I(SMA, self.data.Close, self.n2)")

    def asked(self, runner: Runner, base: str, text: str, market: Market | None = None) -> Decided:
        """What a strategy decides whose ``next`` is ``text``."""
        head = SOURCE.split("    def next")[0]
        source = f"{head}    def next(self):\n{textwrap.indent(textwrap.dedent(text), ' ' * 8)}"
        return runner.decide(runner.store.derive(base, {"crossing.py": source}), market or wavy_market())

    def test_what_is_decided_does_not_depend_on_the_end(self, runner: Runner, base: str) -> None:
        market = wavy_market()
        whole = require(runner.decide(base, market)).values
        for cut in (400, 555, 701, 833, 1000):
            part = require(runner.decide(base, market.cut(0, cut))).values
            np.testing.assert_array_equal(part, whole[:cut])

    def test_stops_and_targets_are_the_prices_that_were_ordered(self, runner: Runner, base: str) -> None:
        market = wavy_market()
        decisions = require(runner.decide(base, market, overrides={"stop": 0.003}))
        assert decisions.plan.levels
        closes = market.columns["close"]
        trades = simulate(market, decisions, Costs(0.0, 0.0, 0.0, funding=False)).trades
        hit = [t for t in trades if t.reason.value in ("stop", "target")]
        assert {t.reason.value for t in hit} == {"stop", "target"}
        for trade in hit:
            ordered = closes[trade.entry_bar - 1] * (0.997 if trade.reason.value == "stop" else 1.03)
            assert trade.exit_price == pytest.approx(ordered, rel=1e-12)

    def test_the_strategy_is_told_the_account_that_the_simulation_finds(
        self, runner: Runner, base: str
    ) -> None:
        text = """
        self.n1 = self.n1 if self.closed_trades else 0
        if len(self.data) % 40 == 0:
            self.position.close() if self.position else self.buy(size=0.5, tag=len(self.data))
        for t in self.closed_trades[self.n1:]:
            print(t.tag, t.entry_bar, t.exit_bar, float(t.entry_price), float(t.exit_price))
        self.n1 = len(self.closed_trades)
        if len(self.data) > 600:
            print("equity", float(self.equity))
        """
        answer, market = self.asked(runner, base, text), wavy_market()
        result = simulate(market, require(answer), runner.system.config.costs.costs())
        lines = [line.split() for line in answer.outcome.log.splitlines() if line.strip()]
        told = [float(line[1]) for line in lines if line[0] == "equity"]
        np.testing.assert_allclose(told, result.equity[-len(told) :], rtol=1e-12)
        seen = {tuple(line[1:3]): line for line in lines if line[0].isdigit()}
        closed = [t for t in result.trades if t.closed]
        assert len(closed) > 10 and len(seen) == len(closed)
        for trade in closed:
            line = seen[str(trade.entry_bar), str(trade.exit_bar)]
            assert float(line[3]) == pytest.approx(trade.entry_price)
            assert float(line[4]) == pytest.approx(trade.exit_price)
            assert int(line[0]) == trade.entry_bar

    def test_orders_wait_are_cancelled_and_fill_late(self, runner: Runner, base: str) -> None:
        text = """
        if len(self.data) == 100:
            self.buy(limit=self.data.Close[-1] * 0.97, sl=self.data.Close[-1] * 0.5)
            self.sell(stop=self.data.Close[-1] * 0.2)
            print("waiting", len(self.orders))
        if self.position:
            print("in", self.trades[0].entry_bar, self.trades[0].entry_price)
            for order in self.orders:
                if not order.is_contingent:
                    order.cancel()
            print("left", len(self.orders))
        if self.position and len(self.data) - self.trades[0].entry_bar > 20:
            self.position.close()
        """
        answer, market = self.asked(runner, base, text), wavy_market()
        decisions = require(answer)
        (trade,) = simulate(market, decisions, Costs()).trades
        limit = market.columns["close"][99] * 0.97
        met = 100 + int(np.argmax(market.columns["low"][100:] <= limit))
        assert trade.entry_bar == met + 1
        assert "waiting 2" in answer.outcome.log and "left 1" in answer.outcome.log
        assert any("open after the bar that met it" in note for note in decisions.notes), decisions.notes

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("self.position.close(0.5) if self.position else self.buy()", "closes no part"),
            ("self.buy(size=0.2)", "adds nothing to a position"),
            ("self.buy(size=5) if not self.position else self.sell(size=2)", "takes no part of it away"),
            ("self.buy(size=1000)", "more units than the account can pay"),
            (
                "self.position.close() if self.position else self.buy(limit=self.data.Close[-1])",
                "fills as a market order",
            ),
            (
                "self.position.close() if self.position else self.sell(stop=self.data.Close[-1] * 1.1)",
                "fills as a market order",
            ),
            ("self.buy() if not self.position else setattr(self.trades[0], 'sl', 1e6)", "past already"),
        ],
    )
    def test_what_the_account_cannot_follow_is_said_once_with_its_place(
        self, runner: Runner, base: str, text: str, words: str
    ) -> None:
        notes = [n for n in require(self.asked(runner, base, text)).notes if words in n]
        assert len(notes) == 1 and notes[0].startswith("crossing.py:"), notes
        assert "times)" in notes[0]

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("class Crossing", "class Other", "it has Other"),
            ("def next", "def following", "has no next(): write one"),
            ("self.data.Close, self.n2", "self.data.Oi, self.n2", "no column 'Oi': it has Open, High"),
            ("SMA, self.data.Close, self.n2", "lambda: self.data.Close[5:]", "return one value a bar"),
            ("SMA, self.data.Close, self.n2", "lambda: (1 / 0)", "ZeroDivisionError"),
            ("1 - self.stop", "1 + self.stop", "it needs sl < price < tp"),
            ("self.buy(sl", "self.buy(size=1.5, sl", "whole units from 1 on"),
            ("self.buy(sl", "self.buy(size=-1, sl", "give a share below 1"),
            ("        if crossover", "        self.position.close(2)\n        if crossover", "up to 1"),
            (
                "    n1 = 8\n",
                "    n1 = 8\n\n    def __init__(self, window): pass\n",
                "make the settings class variables",
            ),
            ("SMA, self.data.Close, self.n2", "SMA, self.data.Close, WINDOW", "NameError"),
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
        assert "crossing" in outcome.reason

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("n1", 3.5, "it takes a int, not 3.5 (crossing.py:"),
            ("n1", "many", "it takes a int"),
            ("position", 1, "it has n1, n2, stop (crossing.py:"),
            ("_broker", 1, "has no parameter '_broker'"),
        ],
    )
    def test_parameters_of_another_kind_are_named(
        self, runner: Runner, base: str, name: str, value: Setting, words: str
    ) -> None:
        outcome = runner.decide(base, wavy_market(), overrides={name: value}).outcome
        assert outcome.status is Status.REJECTED and words in outcome.reason, outcome.reason

    def test_a_script_that_runs_at_import_is_played_all_the_same(self, runner: Runner, base: str) -> None:
        script = SOURCE.split("if __name__")[0] + textwrap.dedent(
            """
            import pandas as pd
            prices = pd.read_csv("prices.csv")
            LIMITS = {"sl": prices.Close.min()}
            bt = Backtest(prices, Crossing, exclusive_orders=True)
            stats = bt.run(n1=5)
            print(f"{stats['Sharpe Ratio']:.2f}", stats._trades.shape)
            best, heatmap = Backtest(None, Crossing).optimize(n1=range(3, 9), return_heatmap=True)
            bt.plot()
            """
        )
        answer = runner.decide(runner.store.derive(base, {"crossing.py": script}), wavy_market())
        decisions = require(answer)
        np.testing.assert_array_equal(decisions.values, require(runner.decide(base, wavy_market())).values)
        first = script.split("prices = ")[0].count("\n") + 1
        assert any(f"crossing.py:{first} was not run: FileNotFoundError" in note for note in decisions.notes)
        assert "Backtest.optimize of Crossing is inert here" in answer.outcome.log
        missed = script.replace("(1 - self.stop)", "(1 - self.stop) * LIMITS['sl']")
        outcome = runner.decide(runner.store.derive(base, {"crossing.py": missed}), wavy_market()).outcome
        assert f"line {first + 1}, which sets it, could not be run" in outcome.reason, outcome.reason

    def test_the_source_says_how_orders_are_carried_out(self, runner: Runner, base: str) -> None:
        """Without exclusive_orders an order against a position that took all the cash is nothing."""
        text = (
            "self.buy() if len(self.data) % 60 == 0 else self.sell() if len(self.data) % 60 == 30 else None"
        )
        plain = require(self.asked(runner, base, text))
        head = SOURCE.split("    def next")[0]
        both = {"crossing.py": f"{head}    def next(self):\n        {text}\n"}
        run = "from backtesting import Backtest\nimport crossing\nBacktest({}, crossing.Crossing, exclusive_orders=True)\n"
        told = require(runner.decide(runner.store.derive(base, {**both, "run_it.py": run}), wavy_market()))
        market = wavy_market()
        assert len(simulate(market, plain, Costs()).trades) == 1
        assert len(simulate(market, told, Costs()).trades) > 30

    def test_state_that_is_kept_between_runs_shows(self, runner: Runner, base: str) -> None:
        leaky = SOURCE.replace(
            "    def next(self):\n", "    seen = []\n\n    def next(self):\n        self.seen.append(1)\n", 1
        ).replace("if crossover(self.fast", "if len(self.seen) > 1500 or crossover(self.fast", 1)
        bundle = runner.store.derive(base, {"crossing.py": leaky})
        once, twice = (require(runner.decide(bundle, wavy_market(), repeat=k)).values for k in (1, 2))
        assert (once != twice).any()
        clean = [require(runner.decide(base, wavy_market(), repeat=k)).values for k in (1, 2)]
        np.testing.assert_array_equal(*clean)

    def test_an_indicator_that_peeks_is_found(self, runner: Runner, base: str) -> None:
        """``init`` has all bars: only the look-ahead check stands between that and a score."""
        peeking = SOURCE.replace("SMA, self.data.Close, self.n1", "lambda: self.data.Close.s.shift(-3)", 1)
        bundle = runner.store.derive(base, {"crossing.py": peeking})

        def ask(markets: Sequence[Market]) -> list[Decisions | None]:
            return [runner.decide(bundle, one).decisions for one in markets]

        market, whole = wavy_market(), require(runner.decide(bundle, wavy_market()))
        assert check_lookahead(ask, market, whole, simulate(market, whole, Costs())).broken is not None
