"""The trusted simulation: what an account would have done with a strategy's decisions.

Rules, in the order in which a bar is lived through:

1. Funding. A position held into a bar that carries a rate pays ``notional at the open x rate`` (a short earns
   it). A position entered at that open does not.
2. Open. Decisions of the bar before fill here: an exit signal, then ``max_bars`` bars after the entry, then an
   entry when the account is flat (so a reversal takes one open). Taker fee, slippage against us. The stake is
   ``size`` x equity, fee included. Contradictory decisions (both entries, or an entry with its own side's exit)
   enter nothing and are counted.
3. Inside the bar. An open at or beyond a resting order fills it at the open. Else the stop comes before the
   target, and a bar with both inside its range is counted as ambiguous. The trailing stop follows the best price up to
   the bar before. Stops pay taker fee and slippage; targets rest as limit orders and pay the maker fee only.
4. Liquidation, where nothing would be left of the account: it ends with exactly 0 and never trades again.
5. Close. Equity is marked. What is open on the last bar stays open and is reported so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tools.backtest.accounting import check_accounting
from tools.backtest.errors import BacktestError
from tools.backtest.prepare import Account, prepare
from tools.contracts import Backtest, Costs, Decisions, ExitReason, Market, Trade

_REASONS = tuple(ExitReason)


def simulate(
    market: Market, decisions: Decisions, costs: Costs, *, initial_cash: float = 10_000.0
) -> Backtest:
    """The account of ``decisions`` on ``market``, with its metrics.

    Raises BacktestError for inputs that do not fit and AccountingError when the result does not add up."""
    from tools.backtest.metrics import measure

    prepared = prepare(market, decisions, costs, initial_cash)
    account = prepared.run(costs)
    check_accounting(prepared, account, costs)
    result = Backtest(
        symbol=market.symbol,
        initial_cash=initial_cash,
        trades=_trades(market, account),
        equity=account.equity,
        metrics={},
        ambiguous_bars=account.ambiguous_bars,
        time=market.time,
        conflicting_bars=account.conflicting_bars,
    )
    return replace(result, metrics=measure(result, prepared))


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


def _trades(market: Market, account: Account) -> tuple[Trade, ...]:
    time = market.time
    return tuple(
        Trade(
            symbol=market.symbol,
            side=int(side),
            entry_bar=int(entry),
            exit_bar=int(last),
            entry_time_ns=int(time[entry]),
            exit_time_ns=int(time[last]),
            quantity=float(row[0]),
            entry_price=float(row[1]),
            exit_price=float(row[2]),
            fees=float(row[3]),
            funding=float(row[4]),
            pnl=float(row[5]),
            reason=_REASONS[reason],
        )
        for (entry, last, side, reason, _), row in zip(account.ints, account.floats, strict=True)
    )
