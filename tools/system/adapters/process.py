"""``process``: ``process(dataset, portfolio_state) -> {"orders": [...]}``, a function or a class, asked bar by bar.

The trusted side keeps the accounts and tells the strategy its portfolio; no later bar exists where the strategy runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sandbox.child.process_words import BEFORE, PAIR, SETTING
from sandbox.host.contracts import Evaluation, Feed, Outcome, Setting, Trace
from tools.contracts import Decisions, Floats, Market
from tools.system.adapters.base import AdapterError, as_decisions, evaluation_of
from tools.system.adapters.capabilities import rows
from tools.system.adapters.process_book import PLAN
from tools.system.adapters.process_dialogue import ProcessDialogue, Shown, Turns
from tools.system.adapters.process_notes import told_by_child
from tools.system.adapters.process_symbols import Beside, in_order, shown_beside
from tools.system.system import System

_SUPPORTS = """
process(dataset, portfolio_state), with settings as a third argument | yes
a class made once, which keeps state on itself | yes
dataset from roles: ohlcv, bars, volume, volumes, cvd, flow, open_interest, funding, every column by its name | yes
dataset by the person's builder ([strategy] dataset, or [data] provider with arguments) | yes
flow_estimate where the market reports no taker flow | yes
portfolio_state: cash, equity, positions, unrealized_pnl, realized_pnl, fees, trades | yes
sides buy sell long short EXIT close, in any case | yes
quantity in base units, notional, or size as a fraction of equity | partly | made a share of the equity at the close, filled at the next open; what is more than the account has is cut
stop_loss take_profit as prices, stop target trail as distances, max_bars | yes
stops and targets moved by a later order | yes
price (limit) | partly | met by the close: filled at the next open; else it rests for one bar and fills at the open after a bar that reached it
leverage | partly | at most [costs] leverage; the liquidation price is that of [costs] leverage
reversal by one order | yes
several symbols | partly | [strategy] symbols = "all": one call a bar with every symbol's bars; each symbol has its own cash
errors that are returned: an error key, a failed status, an exception, None | yes
errors that a broad except hides | partly | seen on some bars and told as a note; mendel analyze proves them
adding to a position | no | a position keeps its size; counted and told
selling a part | no | the position leaves whole, with the order that completes it; counted and told
trailing a position that is open by a later order | no | a position trails by what its entry said
async process | no | refused by name
"""


class ProcessAdapter:
    """A bot that is called at every bar's close and answers with orders."""

    name = "process"
    capabilities = frozenset({"overrides", "trace", "repeat"})
    supports = rows(_SUPPORTS)
    feed = Feed.STEPPED

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
        """The market's columns go in bar by bar and, with ``symbols = "all"``, those of every other symbol."""
        plain = evaluation_of(
            self.name, system, bundle, market, overrides=overrides, trace=trace, repeat=repeat
        )
        own, before = _parted(market)
        others = shown_beside(system, own)
        costs = system.config.costs.costs()

        def turn(first: Market) -> ProcessDialogue:
            shown = in_order((Shown(first, range(len(first))), *others.shown))
            return ProcessDialogue(
                first.time, {**first.columns, **others.columns}, shown, costs, market.symbol
            )

        turns = [before or own] * (max(1, repeat) - 1) + [own]
        return replace(
            plain,
            columns={**own.columns, **others.columns},
            overrides={**plain.overrides, **_settings(system, own, others)},
            feed=self.feed,
            dialogue=lambda: Turns([lambda m=m: turn(m) for m in turns]),  # type: ignore[misc]
        )

    def decisions(self, market: Market, outcome: Outcome) -> Decisions:
        """What the orders came to on this symbol, and what of them was not followed."""
        if not isinstance(outcome.dialogue, Turns):
            raise AdapterError(f"{market.symbol}: no conversation was held; run it again")
        decided = as_decisions(market, outcome)
        notes = (*outcome.dialogue.now.notes, *told_by_child(outcome.log))
        return Decisions(decided.symbol, decided.values, PLAN, notes)


def _settings(system: System, market: Market, others: Beside) -> dict[str, Setting]:
    """What the child half must know, beside the strategy's own settings."""
    strategy, data = system.config.strategy, system.config.data
    symbols = sorted((market.symbol, *(one.market.symbol for one in others.shown)))
    found: dict[str, Setting] = {
        "window": strategy.window,
        "alone": strategy.symbols == "each",
        "symbols": "\n".join(symbols),
        "leverage": system.config.costs.leverage,
        "dataset": strategy.dataset or data.provider,
        "provider": strategy.dataset is None,
        **{f"role:{role}": "\n".join(names) for role, names in market.roles.items()},
    }
    return {f"{SETTING}{name}": value for name, value in found.items()}


def _parted(market: Market) -> tuple[Market, Market | None]:
    """The market, and the one that is shown before it: its columns are marked by BEFORE."""
    own = {name: v for name, v in market.columns.items() if not name.startswith((BEFORE, PAIR))}
    marked = {n.removeprefix(BEFORE): v for n, v in market.columns.items() if n.startswith(BEFORE)}
    if not marked:
        return replace(market, columns=own), None
    unknown: Floats = np.full(len(market), np.nan)
    return replace(market, columns=own), replace(market, columns={n: marked.get(n, unknown) for n in own})
