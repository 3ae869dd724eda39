"""``freqtrade``: an unmodified ``IStrategy`` file, without freqtrade.

The frame is filled once on all bars, then callbacks are asked while a position is wanted or open (the hybrid feed);
the look-ahead probe is mandatory for that. Everything that decides about money stays on this side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.child.freqtrade_facts import SIGNALS, fact_columns
from sandbox.host.contracts import Evaluation, Feed, Outcome, Setting, Trace
from sandbox.host.hybrid import HybridDialogue
from tools.contracts import Costs, Decisions, ExitPlan, Market
from tools.system.adapters.base import AdapterError, as_decisions, evaluation_of
from tools.system.adapters.capabilities import rows
from tools.system.adapters.freqtrade_account import FreqtradeAccount
from tools.system.adapters.freqtrade_hooks import told_by_child
from tools.system.adapters.freqtrade_pairs import other_columns
from tools.system.system import System

_SUPPORTS = """
populate_indicators populate_entry_trend populate_exit_trend | yes
populate_buy_trend populate_sell_trend, columns buy and sell | yes
stoploss minimal_roi | yes
trailing_stop with positive, offset and only_offset_is_reached | yes
use_custom_stoploss, custom_stoploss | yes
custom_exit, custom_sell | yes
confirm_trade_entry | yes
confirm_trade_exit | partly | asked before exits by signal or custom_exit; resting stops and ROI are not asked about
leverage | partly | at most [costs] leverage; a trade with less takes that much less of the stake
custom_stake_amount | yes
exit_profit_only exit_profit_offset use_exit_signal | yes
startup_candle_count can_short enter_tag | yes
informative_pairs @informative merge_informative_pair dp.get_pair_dataframe | partly | pairs of the data in use; coarser timeframes are made of the data's
Int Real Decimal Categorical Boolean Parameter, buy_params, Strategy.json | yes
talib talib.abstract technical.qtpylib | partly | the real ones where installed; else stand-ins, which name what they lack
pandas_ta and other packages | yes | from the system's own interpreter
Trade in callbacks | partly | the open trade; closed trades, orders and locks are refused by name
minimal_roi that rises with time, ignore_roi_if_entry_signal | yes
adjust_trade_position, position_adjustment_enable | no | a position keeps its size
custom_entry_price custom_exit_price adjust_entry_price | no | entries and exits fill at the next open, or at a resting stop or ROI
custom_roi | no | minimal_roi counts
protections, bot_loop_start, order_filled | no | not called in a simulation of one symbol
order_types unfilledtimeout order_time_in_force | no | market orders at the next open; stops and ROI rest
freqai | no | no model is trained here
"""


class FreqtradeDialogue(HybridDialogue):
    """A conversation that knows its exit plan when it has ended."""

    def __init__(self, market: Market, costs: Costs) -> None:
        self._account = FreqtradeAccount(market, costs)
        super().__init__(self._account.conversation)

    @property
    def plan(self) -> ExitPlan:
        """ROI and trailing stop."""
        return self._account.plan


class FreqtradeAdapter:
    """IStrategy classes. ``params`` is not used: the class holds its own parameters."""

    name = "freqtrade"
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
        """The market's columns and those of other pairs that the source names go in."""
        costs = system.config.costs.costs()
        terms: dict[str, Setting] = {
            "term:fee": costs.taker_bps * 1e-4,
            "term:max_leverage": costs.leverage,
        }
        plain = evaluation_of(
            self.name,
            system,
            bundle,
            market,
            overrides={**(overrides or {}), **terms},
            trace=trace,
            repeat=repeat,
        )
        return replace(
            plain,
            params=None,
            columns={**market.columns, **other_columns(system, bundle, market)},
            fields=(*SIGNALS, *fact_columns(len(market))),
            feed=self.feed,
            dialogue=lambda: FreqtradeDialogue(market, costs),
        )

    def decisions(self, market: Market, outcome: Outcome) -> Decisions:
        """What was decided in the end, with the plan of its exits."""
        dialogue = outcome.dialogue
        if not isinstance(dialogue, FreqtradeDialogue):
            raise AdapterError(f"{market.symbol}: no conversation was held; run it again")
        decided = as_decisions(market, outcome)
        return Decisions(decided.symbol, decided.values, dialogue.plan, told_by_child(outcome.log))
