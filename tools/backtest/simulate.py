"""The trusted simulation: what an account would have done with a strategy's decisions.

Rules, in the order in which a bar is lived through:

1. Funding. A position held into a bar that carries a rate pays ``notional at the open x rate`` out of its margin (a
   short earns it). A position entered at that open does not.
2. Open. A position whose worth there is no more than its maintenance margin is liquidated. Decisions of the bar
   before fill: an exit signal, then ``max_bars`` bars after the entry, then an entry when the account is flat (so
   a reversal takes one open). Taker fee, slippage against us. The stake is ``size`` x equity: it pays the entry fee
   and is the margin of ``leverage`` times as much notional. Contradictory decisions (both entries, or an entry with
   its own side's exit) enter nothing and are counted.
3. Inside the bar. An open at or beyond a resting order fills it at the open. Else the stop comes before the
   target, and a bar with both inside its range is counted as ambiguous. Of fixed stop, trailing stop and liquidation
   the one that the price meets first counts. The trailing stop follows the best price up to the bar before. Stops
   pay taker fee and slippage; targets rest as limit orders and pay the maker fee only. An exit plan's targets
   come to rest at the open of the bar from which they count.
4. Liquidation. Margin is isolated: the stake is lost, never more, and an exit that would leave nothing of it is a
   liquidation, too. Equity is never below 0; an account without any left never trades again.
5. Close. Equity is marked. What is open on the last bar stays open and is reported so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tools.backtest.accounting import check_accounting
from tools.backtest.errors import BacktestError
from tools.backtest.prepare import prepare
from tools.contracts import Backtest, Costs, Decisions, ExitReason, Floats, Ints, Market, Trade

_REASONS = tuple(ExitReason)


def simulate(
    market: Market, decisions: Decisions, costs: Costs, *, initial_cash: float = 10_000.0
) -> Backtest:
    """The account of ``decisions`` on ``market``, with its metrics.

    Raises BacktestError for inputs that do not fit and AccountingError when the result does not add up."""
    from tools.backtest.facts import facts_of
    from tools.backtest.metrics import measure

    prepared = prepare(market, decisions, costs, initial_cash)
    account = prepared.run(costs)
    check_accounting(prepared, account, costs)
    result = Backtest(
        symbol=market.symbol,
        initial_cash=initial_cash,
        trades=trades_of(market, account.ints, account.floats),
        equity=account.equity,
        metrics={},
        ambiguous_bars=account.ambiguous_bars,
        time=market.time,
        conflicting_bars=account.conflicting_bars,
    )
    return replace(result, metrics=measure(result, facts_of(prepared, costs, result.trades)))


def simulate_many(
    markets: Mapping[str, Market],
    decisions: Mapping[str, Decisions],
    costs: Costs,
    *,
    initial_cash: float = 10_000.0,
) -> dict[str, Backtest]:
    """One account of ``initial_cash`` for each symbol that has decisions, by symbol in alphabetical order."""
    unknown = sorted(set(decisions) - set(markets))
    if unknown:
        raise BacktestError(f"decisions for {', '.join(unknown)} but no market: load it too")
    return {
        symbol: simulate(markets[symbol], decisions[symbol], costs, initial_cash=initial_cash)
        for symbol in sorted(decisions)
    }


def trades_of(market: Market, ints: Ints, floats: Floats) -> tuple[Trade, ...]:
    """The kernel's trade tables as trades."""
    time = market.time
    return tuple(
        Trade(
            symbol=market.symbol,
            side=side,
            entry_bar=entry,
            exit_bar=last,
            entry_time_ns=int(time[entry]),
            exit_time_ns=int(time[last]),
            quantity=row[0],
            entry_price=row[1],
            exit_price=row[2],
            fees=row[3],
            funding=row[4],
            pnl=row[5],
            reason=_REASONS[reason],
        )
        for (entry, last, side, reason, _), row in zip(ints.tolist(), floats.tolist(), strict=True)
    )
