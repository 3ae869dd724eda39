"""``backtesting``: an unmodified backtesting.py ``Strategy`` class, without backtesting.py.

``init`` sees all bars, so that the look-ahead probe is mandatory; then ``next`` is asked at every close (the hybrid feed).
The account is kept on this side, by the rules of our own simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.host.contracts import Evaluation, Feed, Outcome, Setting, Trace
from tools.contracts import Decisions, Market
from tools.system.adapters.backtesting_account import PLAN, BacktestingDialogue, dialogue_of
from tools.system.adapters.base import AdapterError, as_decisions, evaluation_of
from tools.system.adapters.capabilities import rows
from tools.system.adapters.process_notes import told_by_child
from tools.system.system import System

_SUPPORTS = """
init next, I() with one row or several, data.Close .s .df .index .pip, extra columns | yes
buy and sell at the market with sl, tp, tag | yes
size as a share of the account | yes
size in units | partly | turned into a share at the close that orders them; fractions of a unit are traded
buy and sell with limit or stop | partly | fills at the open after the bar that met the price, at that open; at once where the close meets it
exclusive_orders, cash of Backtest(...) | yes
exclusive_orders: the same side again | partly | held on with the new stop and target; no fees, and the old size
trade.sl trade.tp, moved either way or removed | yes
position.close() trade.close() | yes
position.close(portion) trade.close(portion) | partly | the strategy sees it; the account keeps its size until all is closed
several trades on one side | partly | the strategy sees them; the account keeps the size of the first until all are closed
an order against a position without exclusive_orders | partly | closes or turns it; the account takes no part of it away
hedging | no | an order against an open position is not made
trade_on_close | no | orders fill at the next open
margin commission spread of Backtest(...) | no | [costs] of mendel.toml counts
position trades closed_trades orders equity | yes
class variables as parameters | yes
backtesting.lib: crossover cross barssince quantile resample_apply SignalStrategy | yes
backtesting.lib: TrailingStrategy | partly | ATR by the bars so far; set_trailing_pct trails at that share of the close
backtesting.lib: compute_stats plot_heatmaps random_ohlc_data | no | they report on runs, and none is made here
Backtest(...).run optimize plot in a script | partly | inert; what the script loads at module level may be missing
backtesting.test: SMA | yes
backtesting.test: GOOG EURUSD BTCUSD | partly | empty tables: no sample prices are shipped
data.index | partly | UTC without a time zone
"""


class BacktestingAdapter:
    """Strategy classes. ``params`` is not used: the class holds its own parameters."""

    name = "backtesting"
    feed = Feed.HYBRID
    capabilities = frozenset({"overrides", "trace", "repeat"})
    supports = rows(_SUPPORTS)

    def evaluation(
        self,
        system: System,
        bundle: str,
        market: Market,
        *,
        overrides: Mapping[str, Setting] | None = None,
        trace: Trace | None = None,
        repeat: int = 1,
    ) -> Evaluation:
        """Every column of the market goes in, and what an entry costs."""
        costs = system.config.costs.costs()
        terms: dict[str, Setting] = {"term:fee": costs.taker_bps * 1e-4, "term:leverage": costs.leverage}
        overrides = {**(overrides or {}), **terms}
        plain = evaluation_of(
            self.name, system, bundle, market, overrides=overrides, trace=trace, repeat=repeat
        )
        return replace(plain, params=None, feed=self.feed, dialogue=dialogue_of(market, costs))

    def decisions(self, market: Market, outcome: Outcome) -> Decisions:
        """What was answered at each bar; every row says what rests on the next."""
        if not isinstance(outcome.dialogue, BacktestingDialogue):
            raise AdapterError(f"{market.symbol}: no conversation was held; run it again")
        decided = as_decisions(market, outcome)
        return Decisions(decided.symbol, decided.values, PLAN, told_by_child(outcome.log))
