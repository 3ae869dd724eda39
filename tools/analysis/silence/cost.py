"""What one condition costs each symbol: the trades that there would be if it were open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.analysis.study import Study, closed_trades
from tools.contracts import Market

#: A symbol is starved when it has fewer than this share of the trades of the most traded symbol.
STARVED_SHARE = 0.01


@dataclass(frozen=True)
class Cost:
    """One symbol's bill. ``pass_rate`` is how often the condition came out as ``opens_when`` (None: never asked)."""

    pass_rate: float | None
    trades: int
    trades_if_open: int | None


def forced_trades(
    study: Study, slot: int, outcome: bool, markets: Mapping[str, Market]
) -> dict[str, int | None]:
    """Trades per symbol with one condition held at ``outcome``; None where the strategy then fails."""
    answers = study.traced(markets, forced={slot: outcome})
    usable = {s: a.decisions for s, a in answers.items() if a.decisions is not None}
    counts = {s: closed_trades(b) for s, b in study.simulate(usable).items()}
    return {s: counts.get(s) for s in markets}


def opening_outcome(study: Study, slot: int, markets: Mapping[str, Market]) -> bool | None:
    """The outcome of the condition that lets more orders through; None where neither does: it decides something else."""
    totals = {v: sum(n or 0 for n in forced_trades(study, slot, v, markets).values()) for v in (True, False)}
    return None if totals[True] == totals[False] else totals[True] > totals[False]


def costs_of(study: Study, slot: int, opens_when: bool) -> dict[str, Cost]:
    """The bill of every symbol."""
    opened = forced_trades(study, slot, opens_when, study.markets)
    return {
        symbol: Cost(study.rates[symbol][slot].share_of(opens_when), study.trades(symbol), opened[symbol])
        for symbol in study.markets
    }


def starved(study: Study, symbol: str) -> bool:
    """Fewer than 1 % of the trades of the most traded symbol. Never so where nothing trades at all."""
    most = max(study.trades(s) for s in study.markets)
    return study.trades(symbol) < STARVED_SHARE * most
