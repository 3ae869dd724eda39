"""An ROI that rises with time, and one that an entry signal suspends: said bar by bar, repeated by the simulation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from adapter_contract import wavy_market

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.backtest.simulate import simulate
from tools.contracts import Decisions, Market, Trade
from tools.system.bundles import BundleStore
from tools.system.runner import Runner, require
from tools.system.system import System

pytestmark = pytest.mark.sandbox

SOURCE = """
from freqtrade.strategy import IStrategy


class Patient(IStrategy):
    timeframe = "5m"
    stoploss = -0.03
    minimal_roi = {roi}
    ignore_roi_if_entry_signal = {waits}

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe.index % {every} == 0, "enter_long"] = 1
        return dataframe
{more}
"""
STOP = """
    use_custom_stoploss = True

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return -0.004
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    root = tmp_path_factory.mktemp("system")
    (root / "patient.py").write_text(SOURCE, encoding="utf-8")
    toml = '[strategy]\nkind = "freqtrade"\ntarget = "patient:Patient"\n[costs]\nfee_bps = { maker = 0, taker = 0 }\nslippage_bps = 0\n'
    (root / "mendel.toml").write_text(toml, encoding="utf-8")
    system = System.open(root)
    store = BundleStore(system.bundles)
    store.snapshot(system)
    with Sandbox(SandboxPlace(system.bundles, system.python)) as sandbox:
        yield Runner(system, sandbox, store)


def decide(runner: Runner, roi: str, market: Market, **how: object) -> Decisions:
    words = {"roi": roi, "waits": False, "every": 50, "more": "", **how}
    base = runner.store.snapshot(runner.system)
    return require(runner.decide(runner.store.derive(base, {"patient.py": SOURCE.format(**words)}), market))


def trades(runner: Runner, market: Market, decided: Decisions) -> list[Trade]:
    found = simulate(market, decided, runner.system.config.costs.costs()).trades
    assert len(found) > 5
    return [trade for trade in found if trade.closed]


RISING = '{"0": 0.004, "60": 0.02, "300": 0.001}'


def test_the_step_that_began_last_counts_though_it_asks_for_more(runner: Runner) -> None:
    market = wavy_market()
    decided = decide(runner, RISING, market)
    assert decided.plan.levels and not decided.plan.targets
    for trade in trades(runner, market, decided):
        gained, held = trade.exit_price / trade.entry_price - 1, trade.exit_bar - trade.entry_bar
        if trade.reason.value == "target":
            assert gained == pytest.approx(0.004 if held < 12 else 0.02 if held < 60 else 0.001, abs=3e-4)
        elif trade.reason.value == "stop":
            assert gained == pytest.approx(-0.03, abs=1e-3)
        else:
            assert trade.reason.value == "signal" and held >= 60 and gained > -0.005


def test_a_standing_entry_signal_suspends_the_roi(runner: Runner) -> None:
    market = wavy_market()
    plain = trades(runner, market, decide(runner, '{"0": 0.004}', market, every=1))
    waits = decide(runner, '{"0": 0.004}', market, every=1, waits=True)
    assert {t.reason.value for t in plain} == {"target"} or len(plain) > 20
    left = simulate(market, waits, runner.system.config.costs.costs()).trades
    assert {t.reason.value for t in left} <= {"stop", "open"}
    some = trades(runner, market, decide(runner, '{"0": 0.004}', market, waits=True))
    assert all(t.reason.value != "target" or t.exit_bar % 50 != 1 for t in some)


def test_a_custom_stop_moves_along_and_later_bars_change_nothing(runner: Runner) -> None:
    market = wavy_market()
    whole = decide(runner, RISING, market, more=STOP)
    assert {t.reason.value for t in trades(runner, market, whole)} >= {"stop"}
    assert sum(t.pnl for t in trades(runner, market, whole)) != sum(
        t.pnl for t in trades(runner, market, decide(runner, RISING, market))
    )
    for cut in (333, 600, 901):
        part = decide(runner, RISING, market.cut(0, cut), more=STOP)
        np.testing.assert_array_equal(part.values, whole.values[:cut])
