"""What figures about an account need to know beside the account: its bars, its funding, and what other costs would
have made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tools.backtest.prepare import Account, Prepared
from tools.contracts import Costs, ExitReason, Floats, Market, Trade

NO_FUNDING = "the market has no column with the role funding"


@dataclass(frozen=True)
class Facts:
    """Arrays hold one value a trade, in the trades' order.

    ``entry_volume``: what was traded on the entry's bar in base units, NaN = not known. ``adverse`` and
    ``favourable``: how far the price went against and in favour while the position was held, fractions of the entry
    price, 0 or more. ``again`` runs the same decisions under other costs than the account's ``costs``."""

    costs: Costs
    funding_known: bool
    funding_note: str
    entry_volume: Floats
    adverse: Floats
    favourable: Floats
    again: Callable[[Costs], Account]


def facts_of(prepared: Prepared, costs: Costs, trades: Sequence[Trade]) -> Facts:
    """The facts of one symbol's account."""
    known, note = prepared.funding.known, prepared.funding.note
    rows = _of_trades({prepared.market.symbol: prepared}, trades)
    return Facts(costs, known, note if known else NO_FUNDING, *rows, prepared.run)


def shared_facts(
    parts: Sequence[Prepared], costs: Costs, trades: Sequence[Trade], again: Callable[[Costs], Account]
) -> Facts:
    """The facts of a shared account. ``trades`` count bars of their own symbols."""
    unknown = [part.market.symbol for part in parts if not part.funding.known]
    notes = sorted({part.funding.note for part in parts if part.funding.note})
    why = f"no column with the role funding: {', '.join(unknown)}" if unknown else "; ".join(notes)
    rows = _of_trades({part.market.symbol: part for part in parts}, trades)
    return Facts(costs, not unknown, why, *rows, again)


def _of_trades(parts: dict[str, Prepared], trades: Sequence[Trade]) -> tuple[Floats, Floats, Floats]:
    volume, adverse, favourable = np.empty(len(trades)), np.empty(len(trades)), np.empty(len(trades))
    traded = {name: _traded_volume(part.market) for name, part in parts.items()}
    for k, trade in enumerate(trades):
        volume[k] = traded[trade.symbol][trade.entry_bar]
        adverse[k], favourable[k] = excursions(parts[trade.symbol].prices, trade)
    return volume, adverse, favourable


def excursions(prices: tuple[Floats, Floats, Floats, Floats], trade: Trade) -> tuple[float, float]:
    """How far the price went against a trade and in its favour, as fractions of the entry price.

    The exit's bar counts by the exit price alone, since nobody knows what came before it inside that bar; an open
    trade's last bar counts whole. Sweeney, "Maximum Adverse Excursion" (1996)."""
    _, highs, lows, _ = prices
    stop = trade.exit_bar + (trade.reason is ExitReason.OPEN)
    low = high = trade.exit_price
    if stop > trade.entry_bar:
        low = min(low, float(lows[trade.entry_bar : stop].min()))
        high = max(high, float(highs[trade.entry_bar : stop].max()))
    down = max(0.0, 1.0 - low / trade.entry_price)
    up = max(0.0, high / trade.entry_price - 1.0)
    return (down, up) if trade.side > 0 else (up, down)


def _traded_volume(market: Market) -> Floats:
    """Base units a bar, NaN where the market does not say."""
    base, quote = market.columns_of("volume"), market.columns_of("quote_volume")
    if base:
        return market.columns[base[0]]
    return market.columns[quote[0]] / market.columns["open"] if quote else np.full(len(market), np.nan)
