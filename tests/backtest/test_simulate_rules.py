"""Each rule of the simulation on a case small enough to compute by hand."""

from __future__ import annotations

import numpy as np
import pytest
from builders import FREE, decisions_of, flat_bar, market_of

from tools.backtest.errors import AccountingError, BacktestError
from tools.backtest.simulate import simulate, simulate_many
from tools.contracts import Costs, Decisions, ExitReason

LONG = {"enter_long": 1.0}
SHORT = {"enter_short": 1.0}


def run(bars, rows, costs=FREE, *, funding=None, cash=1_000.0):
    market = market_of(bars, funding=funding)
    return simulate(market, decisions_of(len(bars), rows), costs, initial_cash=cash)


def test_a_decision_fills_at_the_next_open() -> None:
    bars = [flat_bar(100), (110, 112, 108, 111), (120, 121, 119, 120)]
    result = run(bars, {0: LONG, 1: {"exit_long": 1.0}})
    (trade,) = result.trades
    assert (trade.entry_bar, trade.exit_bar, trade.entry_price, trade.exit_price) == (1, 2, 110.0, 120.0)
    assert trade.reason is ExitReason.SIGNAL
    assert trade.pnl == pytest.approx(1_000 / 110 * 10, abs=1e-9)
    assert result.equity.tolist() == pytest.approx([1_000, 1_000 / 110 * 111, 1_000 / 110 * 120])


def test_fees_and_slippage_on_both_sides() -> None:
    costs = Costs(maker_bps=2, taker_bps=10, slippage_bps=20)
    result = run([flat_bar(100)] * 4, {0: LONG, 2: {"exit_long": 1.0}}, costs)
    (trade,) = result.trades
    quantity = 1_000 / (100.2 * 1.001)
    assert (trade.entry_price, trade.exit_price) == (pytest.approx(100.2), pytest.approx(99.8))
    assert trade.quantity == pytest.approx(quantity, abs=1e-12)
    assert trade.fees == pytest.approx(quantity * (100.2 + 99.8) * 0.001, abs=1e-12)
    assert result.equity[-1] == pytest.approx(1_000 - quantity * 0.4 - trade.fees, abs=1e-9)


def test_a_target_is_a_limit_order_with_maker_fee_and_no_slippage() -> None:
    costs = Costs(maker_bps=2, taker_bps=10, slippage_bps=20)
    bars = [flat_bar(100), (100, 104, 100, 103), (103, 108, 103, 107)]
    (trade,) = run(bars, {0: LONG | {"target": 0.05}}, costs).trades
    assert (trade.reason, trade.exit_price) == (ExitReason.TARGET, pytest.approx(100.2 * 1.05))
    assert trade.fees == pytest.approx(trade.quantity * (100.2 * 0.001 + 100.2 * 1.05 * 0.0002), abs=1e-12)


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    bars = [flat_bar(100), flat_bar(100), (80, 85, 70, 82)]
    (trade,) = run(bars, {0: LONG | {"stop": 0.05}}).trades
    assert (trade.reason, trade.exit_price) == (ExitReason.STOP, 80.0)


def test_stop_before_target_inside_a_bar_and_counted() -> None:
    bars = [flat_bar(100), flat_bar(100), (100, 120, 80, 100)]
    result = run(bars, {0: LONG | {"stop": 0.1, "target": 0.1}})
    assert (result.trades[0].reason, result.trades[0].exit_price) == (ExitReason.STOP, pytest.approx(90))
    assert result.ambiguous_bars == 1


@pytest.mark.parametrize(("side", "opened"), [(LONG, 115.0), (SHORT, 85.0)])
def test_an_open_past_the_target_takes_it_though_the_stop_is_hit_later(
    side: dict[str, float], opened: float
) -> None:
    bars = [flat_bar(100), flat_bar(100), (opened, 120, 80, 100)]
    result = run(bars, {0: side | {"stop": 0.1, "target": 0.1}})
    assert (result.trades[0].reason, result.trades[0].exit_price) == (ExitReason.TARGET, opened)
    assert result.ambiguous_bars == 0


def test_the_trailing_stop_does_not_know_this_bars_high() -> None:
    # Bar 2 makes the high 120 and falls to 109: from 120 the trail would be 108, from bar 1's 100 it is 90.
    bars = [flat_bar(100), flat_bar(100), (100, 120, 95, 110), (110, 111, 107, 108)]
    (trade,) = run(bars, {0: LONG | {"trail": 0.1}}).trades
    assert (trade.exit_bar, trade.reason, trade.exit_price) == (3, ExitReason.TRAIL, pytest.approx(108))


def test_a_trade_can_be_stopped_in_its_entry_bar() -> None:
    bars = [flat_bar(100), (100, 101, 94, 100), flat_bar(100)]
    (trade,) = run(bars, {0: LONG | {"stop": 0.05}}).trades
    assert (trade.entry_bar, trade.exit_bar, trade.exit_price) == (1, 1, pytest.approx(95))


def test_a_short_earns_when_the_price_falls() -> None:
    bars = [flat_bar(100), flat_bar(100), flat_bar(90), flat_bar(80)]
    result = run(bars, {0: SHORT, 2: {"exit_short": 1.0}})
    assert (result.trades[0].side, result.trades[0].pnl) == (-1, pytest.approx(200))
    assert result.equity.tolist() == pytest.approx([1_000, 1_000, 1_100, 1_200])


def test_max_bars_counts_bars_held() -> None:
    (trade,) = run([flat_bar(100)] * 6, {0: LONG | {"max_bars": 3}}).trades
    assert (trade.entry_bar, trade.exit_bar, trade.reason) == (1, 4, ExitReason.TIME)


def test_reversal_takes_one_open() -> None:
    bars = [flat_bar(100), flat_bar(100), flat_bar(110), flat_bar(99)]
    first, second = run(bars, {0: LONG, 1: {"exit_long": 1.0, "enter_short": 1.0}}).trades
    assert (first.exit_bar, second.entry_bar, second.side) == (2, 2, -1)
    assert second.quantity == pytest.approx(1_100 / 110)


def test_size_is_a_fraction_of_equity_and_zero_enters_nothing() -> None:
    assert run([flat_bar(100)] * 3, {0: LONG | {"size": 0.25}}).trades[0].quantity == pytest.approx(2.5)
    assert run([flat_bar(100)] * 3, {0: LONG | {"size": 0.0}}).trades == ()


def test_funding_is_paid_by_who_holds_into_the_bar() -> None:
    bars = [flat_bar(100)] * 5
    rates = {1: 0.01, 3: 0.02}  # bar 1 is the entry's own open: nothing is due
    result = run(bars, {0: LONG}, funding=rates)
    assert result.trades[0].funding == pytest.approx(20)
    assert result.equity.tolist() == pytest.approx([1_000, 1_000, 1_000, 980, 980])
    assert run(bars, {0: SHORT}, funding=rates).trades[0].funding == pytest.approx(-20)
    # An exit at that open comes after the payment.
    assert run(bars, {0: LONG, 2: {"exit_long": 1.0}}, funding=rates).trades[0].funding == pytest.approx(20)


def test_funding_quoted_on_every_bar_is_charged_every_eight_hours() -> None:
    bars = [flat_bar(100)] * 24
    market = market_of(bars, funding=dict.fromkeys(range(24), 0.01), minutes=60)
    result = simulate(market, decisions_of(24, {0: LONG}), FREE, initial_cash=1_000)
    assert result.trades[0].funding == pytest.approx(20)  # 08:00 and 16:00
    assert "quoted on most bars" in result.metrics["funding"].why


def test_funding_is_unknown_without_a_column_and_nothing_is_charged() -> None:
    result = run([flat_bar(100)] * 3, {0: LONG})
    assert result.metrics["funding"].value is None
    assert "no column" in result.metrics["funding"].why


def test_an_open_trade_is_marked_and_not_counted_as_closed() -> None:
    costs = Costs(maker_bps=0, taker_bps=10, slippage_bps=0)
    result = run([flat_bar(100), flat_bar(100), (100, 121, 99, 120)], {0: LONG}, costs)
    (trade,) = result.trades
    assert (trade.reason, trade.exit_bar, trade.exit_price) == (ExitReason.OPEN, 2, 120.0)
    assert result.equity[-1] == pytest.approx(1_000 + trade.pnl, abs=1e-9)
    assert (result.metrics["trades"].value, result.metrics["open_trades"].value) == (0, 1)


def test_contradictory_decisions_enter_nothing_and_are_counted() -> None:
    both = {0: LONG | SHORT, 1: LONG | {"exit_long": 1.0}, 2: SHORT | {"exit_short": 1.0}}
    result = run([flat_bar(100)] * 5, both)
    assert (result.trades, result.conflicting_bars) == ((), 3)


def test_a_ruined_account_ends_at_zero_and_never_trades_again() -> None:
    bars = [flat_bar(100), flat_bar(100), (100, 250, 100, 240), flat_bar(100), flat_bar(50)]
    result = run(bars, {0: SHORT, 2: SHORT, 3: SHORT})
    (trade,) = result.trades
    assert (trade.reason, trade.exit_price, trade.pnl) == (ExitReason.LIQUIDATION, 200.0, -1_000.0)
    assert result.equity.tolist() == pytest.approx([1_000, 1_000, 0, 0, 0])
    assert result.metrics["max_drawdown"].value == 1.0


def test_a_gap_beyond_ruin_costs_no_more_than_the_account() -> None:
    result = run([flat_bar(100), flat_bar(100), flat_bar(500)], {0: SHORT | {"stop": 0.1}})
    assert (result.trades[0].reason, result.trades[0].pnl) == (ExitReason.LIQUIDATION, -1_000.0)


def test_a_decision_on_the_last_bar_fills_nowhere() -> None:
    assert run([flat_bar(100)] * 3, {2: LONG}).trades == ()


def test_nan_means_off_and_full_size() -> None:
    values = np.full((3, 9), np.nan)
    values[0, 0] = 1.0
    result = simulate(market_of([flat_bar(100)] * 3), Decisions("TESTUSDT", values), FREE, initial_cash=1_000)
    assert result.trades[0].quantity == pytest.approx(10)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"size": 1.5}, "size holds 1.5"),
        ({"stop": -0.1}, "stop holds -0.1"),
        ({"trail": np.inf}, "trail holds inf"),
    ],
)
def test_impossible_decisions_are_refused(row: dict[str, float], words: str) -> None:
    with pytest.raises(BacktestError, match=words):
        run([flat_bar(100)] * 3, {0: LONG | row})


def test_misfits_are_refused() -> None:
    market = market_of([flat_bar(100)] * 3)
    with pytest.raises(BacktestError, match="shape"):
        simulate(market, Decisions("TESTUSDT", np.zeros((2, 9))), FREE)
    with pytest.raises(BacktestError, match="matching pair"):
        simulate(market, decisions_of(3, {}, symbol="OTHER"), FREE)
    with pytest.raises(BacktestError, match="at least 2"):
        simulate(market_of([flat_bar(100)]), decisions_of(1, {}), FREE)
    with pytest.raises(BacktestError, match="not positive"):
        simulate(market_of([flat_bar(100), flat_bar(np.nan)]), decisions_of(2, {}), FREE)
    with pytest.raises(BacktestError, match="taker_bps"):
        simulate(market, decisions_of(3, {}), Costs(taker_bps=float("nan")))
    with pytest.raises(BacktestError, match="no market"):
        simulate_many({"TESTUSDT": market}, {"X": decisions_of(3, {}, "X")}, FREE)


def test_books_that_do_not_add_up_are_an_error() -> None:
    from tools.backtest.accounting import check_accounting
    from tools.backtest.prepare import prepare

    bars = [flat_bar(100), flat_bar(100), (100, 110, 99, 105), flat_bar(105)]
    prepared = prepare(market_of(bars), decisions_of(4, {0: LONG, 2: {"exit_long": 1.0}}), FREE, 1_000.0)
    account = prepared.run(FREE)
    check_accounting(prepared, account, FREE)
    for bar in range(1, 4):
        account.equity[bar] += 0.01
        with pytest.raises(AccountingError, match=f"on bar {bar}"):
            check_accounting(prepared, account, FREE)
        account.equity[bar] -= 0.01


def test_a_fault_of_the_simulation_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever catches what a person can mend must not catch this; it is asserted on every run, at other costs too."""
    from tools.backtest import kernel
    from tools.contracts import MendelError

    assert not issubclass(AccountingError, MendelError)
    honest = kernel.account

    def forgetful(*arguments):
        counts = honest(*arguments)
        arguments[-2][-1] += 1e-3  # the equity
        return counts

    monkeypatch.setattr(kernel, "account", forgetful)
    with pytest.raises(AccountingError, match="fault of the simulation"):
        run([flat_bar(100)] * 4, {0: LONG})


def test_the_kernel_is_compiled_once_whatever_arrays_come() -> None:
    """A second signature would cost every first run seconds, cache or not."""
    from tools.backtest import kernel

    market = market_of([flat_bar(100)] * 4, funding={1: 0.01})
    for values in market.columns.values():
        values.flags.writeable = False
    fortran = Decisions("TESTUSDT", np.asfortranarray(decisions_of(4, {0: LONG}).values))
    fortran.values.flags.writeable = False
    simulate(market, fortran, Costs(0, 0, 0), initial_cash=1000)
    simulate(market_of([flat_bar(100)] * 4), decisions_of(4, {0: LONG}), Costs())
    assert len(kernel.account.signatures) == 1
