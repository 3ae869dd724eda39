"""A patch's before and after: per symbol, and all symbols together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mendel.report.values import Document, number, rows, table, texts

#: Below this many trades an average says nothing yet; the page says so beside it.
FEW_TRADES = 20
#: A symbol is starved with fewer than this share of the most traded symbol's trades (as the analysis counts).
STARVED_SHARE = 0.01


@dataclass(frozen=True)
class Side:
    """One symbol's figures under one version of the code; None where not known."""

    trades: float | None
    net_return: float | None
    expectancy_bps: float | None
    max_drawdown: float | None

    @property
    def few(self) -> bool:
        """Whether there are trades, but too few to average."""
        return self.trades is not None and 0 < self.trades < FEW_TRADES


@dataclass(frozen=True)
class Row:
    """One symbol."""

    symbol: str
    before: Side
    after: Side
    newly_active: bool


@dataclass(frozen=True)
class Comparison:
    """All symbols: the newly active ones, then the most traded before."""

    rows: tuple[Row, ...]

    def newly_active(self) -> list[Row]:
        """Symbols that were starved and trade now."""
        return [row for row in self.rows if row.newly_active]

    def total(self, side: Callable[[Row], Side]) -> float | None:
        """Trades of every symbol; None when one of them is not known."""
        known = [side(row).trades for row in self.rows]
        return sum(n for n in known if n is not None) if known and None not in known else None

    @property
    def trades_before(self) -> float | None:
        """Trades of all symbols before."""
        return self.total(lambda row: row.before)

    @property
    def trades_after(self) -> float | None:
        """Trades of all symbols after."""
        return self.total(lambda row: row.after)

    def net(self) -> tuple[int, int, int]:
        """Symbols whose net return rose, fell, and on which both are known."""
        pairs = [(r.before.net_return, r.after.net_return) for r in self.rows]
        known = [(b, a) for b, a in pairs if b is not None and a is not None]
        return sum(a > b for b, a in known), sum(a < b for b, a in known), len(known)


def compare(patch: Document) -> Comparison:
    """What a patch did to each symbol's account."""
    before, after = (table(table(patch.get(side)).get("symbols")) for side in ("before", "after"))
    told = _told(patch)
    active = set(told) if told is not None else _starved(before) - _starved(after)
    found = [
        Row(symbol, _side(before.get(symbol)), _side(after.get(symbol)), symbol in active)
        for symbol in sorted({*before, *after})
    ]
    return Comparison(
        tuple(sorted(found, key=lambda r: (not r.newly_active, -(r.before.trades or 0), r.symbol)))
    )


def _side(value: object) -> Side:
    figures = table(value)
    return Side(*(number(figures.get(k)) for k in ("trades", "net_return", "expectancy_bps", "max_drawdown")))


def _told(patch: Document) -> list[str] | None:
    """The newly active symbols by the P&L gate's own word, None where it did not speak."""
    for gate in rows(patch.get("gates")):
        if gate.get("name") == "pnl" and "newly_active" in table(gate.get("evidence")):
            return texts(table(gate["evidence"])["newly_active"])
    return None


def _starved(symbols: Document) -> set[str]:
    counts = {s: number(table(v).get("trades")) or 0.0 for s, v in symbols.items()}
    most = max(counts.values(), default=0.0)
    return {s for s, n in counts.items() if n < STARVED_SHARE * most}
