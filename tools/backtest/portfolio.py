"""Many symbols on one cash account.

A symbol lives through its bars as it does alone (:mod:`tools.backtest.simulate`); what is shared is the cash. At each
time, in this order:

1. Every symbol that has a bar pays the funding of its position and fills its exits at the open.
2. Entries. The equity is marked at the opens once; each wish is for ``size`` x equity / ``max_positions`` (a slot).
   The largest size comes first, equals by name. A wish is granted as far as free cash and ``max_exposure`` x equity of
   notional go, and refused when no slot is free or less than a tenth of it could be had. A slot that an exit frees
   at this open can be taken at this open.
3. Resting orders inside the bar, then every position is marked: a symbol without a bar at its last close.

The order among equals is arbitrary, so :func:`simulate_portfolio` says what the account had made of the other one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tools.backtest.accounting import check_shared_accounting
from tools.backtest.errors import BacktestError
from tools.backtest.facts import shared_facts
from tools.backtest.inputs import ladder_of
from tools.backtest.prepare import Prepared, SharedAccount, check_total, prepare, terms_of
from tools.backtest.simulate import trades_of
from tools.contracts import Backtest, Costs, Decisions, Floats, Ints, Market, Trade

NAME = "portfolio"


@dataclass(frozen=True)
class PortfolioRules:
    """``max_positions`` at a time (None: as many as there are symbols); ``max_exposure``: most notional held after an
    entry, in units of equity (None: the leverage)."""

    max_positions: int | None = None
    max_exposure: float | None = None


@dataclass(frozen=True)
class Portfolio:
    """``account`` is the whole: its trades count bars on its own ``time``, which holds every bar open of any symbol.

    ``refused`` and ``cut`` count entries; ``net_return_reversed`` is what it had made had equals gone the other way."""

    account: Backtest
    rules: PortfolioRules
    refused: int
    cut: int
    net_return_reversed: float


@dataclass(frozen=True)
class Shared:
    """Prepared symbols in alphabetical order, and how their rows follow one another in time."""

    parts: tuple[Prepared, ...]
    limits: Floats
    time: Ints
    #: Per symbol: the place of each of its bars on ``time``.
    places: tuple[Ints, ...]
    initial_cash: float

    def run(self, costs: Costs, *, reverse: bool = False) -> SharedAccount:
        """One account under ``costs``; ``reverse`` turns the order of equal wishes round."""
        from tools.backtest import kernel

        parts, places = (self.parts[::-1], self.places[::-1]) if reverse else (self.parts, self.places)
        time = np.concatenate(places)
        symbol = np.concatenate([np.full(len(p), s, dtype=np.int64) for s, p in enumerate(places)])
        bar = np.concatenate([np.arange(len(p), dtype=np.int64) for p in places])
        order = np.lexsort((symbol, time))
        opens, highs, lows, closes = (np.concatenate([p.prices[k] for p in parts])[order] for k in range(4))
        layout = (symbol[order], bar[order], _before(symbol[order]), _steps(time[order], len(self.time)))
        equity, counts = np.empty(len(self.time)), np.zeros(5, dtype=np.int64)
        values = np.concatenate([p.values for p in parts])[order]
        funding = np.concatenate([p.funding.rates for p in parts])[order]
        terms, ladder = terms_of(costs, parts[0].plan), ladder_of(parts[0].plan)
        room = len(order)  # at most one trade a bar ends or is open
        ints, floats = np.empty((room, 5), dtype=np.int64), np.empty((room, 6))
        kernel.shared_account(
            (opens, highs, lows, closes),
            values,
            funding,
            layout,
            terms,
            ladder,
            self.limits,
            self.initial_cash,
            equity,
            (ints, floats),
            counts,
        )
        n = int(counts[0])
        if reverse:
            ints[:n, 4] = len(parts) - 1 - ints[:n, 4]
        check_total(NAME, self.initial_cash, equity, floats[:n, 5])
        counts[2] += sum(kernel.wanted_side(part.values, len(part.values) - 1) == 2 for part in parts)
        return SharedAccount(equity, ints[:n], floats[:n], *(int(count) for count in counts[1:]))


def simulate_portfolio(
    markets: Mapping[str, Market],
    decisions: Mapping[str, Decisions],
    costs: Costs,
    rules: PortfolioRules | None = None,
    *,
    initial_cash: float = 10_000.0,
) -> Portfolio:
    """The shared account of every symbol that has decisions, with its metrics.

    Raises BacktestError for inputs that do not fit and AccountingError when the result does not add up."""
    from tools.backtest.metrics import measure

    shared = _shared(markets, decisions, costs, rules or PortfolioRules(), initial_cash)
    account = shared.run(costs)
    check_shared_accounting(shared.parts, shared.places, account, costs, initial_cash)
    result = Backtest(
        symbol=NAME,
        initial_cash=initial_cash,
        trades=_on_timeline(_local_trades(shared, account), shared),
        equity=account.equity,
        metrics={},
        ambiguous_bars=account.ambiguous_bars,
        time=shared.time,
        conflicting_bars=account.conflicting_bars,
    )
    facts = shared_facts(shared.parts, costs, _local_trades(shared, account), shared.run)
    reversed_equity = shared.run(costs, reverse=True).equity[-1]
    return Portfolio(
        replace(result, metrics=measure(result, facts)),
        PortfolioRules(int(shared.limits[0]), float(shared.limits[1])),
        account.refused,
        account.cut,
        float(reversed_equity) / initial_cash - 1.0,
    )


def _shared(
    markets: Mapping[str, Market],
    decisions: Mapping[str, Decisions],
    costs: Costs,
    rules: PortfolioRules,
    initial_cash: float,
) -> Shared:
    names = sorted(decisions)
    missing = [name for name in names if name not in markets]
    if missing or not names:
        raise BacktestError(
            f"decisions for {', '.join(missing)} but no market: load it too"
            if missing
            else "a portfolio of no symbols: give decisions for at least one"
        )
    if len({decisions[name].plan for name in names}) > 1:
        raise BacktestError("a portfolio follows one exit plan: give every symbol's decisions the same")
    parts = tuple(prepare(markets[name], decisions[name], costs, initial_cash) for name in names)
    time = np.unique(np.concatenate([part.market.time for part in parts]))
    places = tuple(np.searchsorted(time, part.market.time) for part in parts)
    return Shared(parts, _limits(rules, costs, len(names)), time, places, float(initial_cash))


def _limits(rules: PortfolioRules, costs: Costs, symbols: int) -> Floats:
    slots = symbols if rules.max_positions is None else rules.max_positions
    exposure = costs.leverage if rules.max_exposure is None else rules.max_exposure
    if slots < 1:
        raise BacktestError(f"[portfolio].max_positions is {slots!r}: use 1 or more")
    if not 0.0 < exposure < np.inf:
        raise BacktestError(f"[portfolio].max_exposure is {exposure!r}: use a multiple of equity, such as 1")
    return np.array([slots, exposure], dtype=np.float64)


def _before(symbol: Ints) -> Ints:
    """For each row the one of its symbol's bar before, -1 for the first."""
    before = np.full(len(symbol), -1, dtype=np.int64)
    for s in range(int(symbol.max()) + 1):
        rows = np.flatnonzero(symbol == s)
        before[rows[1:]] = rows[:-1]
    return before


def _steps(place: Ints, times: int) -> Ints:
    return np.searchsorted(place, np.arange(times + 1)).astype(np.int64)


def _local_trades(shared: Shared, account: SharedAccount) -> list[Trade]:
    """In the order in which they ended; bars are those of each one's own symbol."""
    trades: list[tuple[int, Trade]] = []
    for s, part in enumerate(shared.parts):
        mine = np.flatnonzero(account.ints[:, 4] == s)
        found = trades_of(part.market, account.ints[mine], account.floats[mine])
        trades += zip(mine.tolist(), found, strict=True)
    return [trade for _, trade in sorted(trades, key=lambda pair: pair[0])]


def _on_timeline(trades: list[Trade], shared: Shared) -> tuple[Trade, ...]:
    places = {part.market.symbol: place for part, place in zip(shared.parts, shared.places, strict=True)}
    return tuple(
        replace(
            trade,
            entry_bar=int(places[trade.symbol][trade.entry_bar]),
            exit_bar=int(places[trade.symbol][trade.exit_bar]),
        )
        for trade in trades
    )
