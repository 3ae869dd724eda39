"""A patch's before and after by the market's state, and where the losses sit: few rows, each with its count.

Labels are ``volatility/volume/session``. Whole labels are too many for a page and hold too few trades each, so that the
page shows each part by itself: every trade is counted once under each of the three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mendel.report.compare import FEW_TRADES, Comparison, Row
from mendel.report.values import Document, number, rows, table, text

PARTS = ("volatility", "volume", "session")
ORDER = ("low", "normal", "high", "asia", "europe", "us", "unknown")
#: A symbol is affected when its trades move by more than this share (as the exposure gate asks).
MOVED_SHARE = 0.25
HELD = {True: "the same sign", False: "the other sign"}


@dataclass(frozen=True)
class Cell:
    """Some trades: how many, their mean in bps (None without one) and their sum in quote currency."""

    trades: float = 0.0
    bps: float | None = None
    pnl: float | None = None

    @property
    def few(self) -> bool:
        """Whether there are trades, but too few to average."""
        return 0 < self.trades < FEW_TRADES


@dataclass(frozen=True)
class Level:
    """One level of one part, before and after."""

    name: str
    before: Cell
    after: Cell


@dataclass(frozen=True)
class Part:
    """One part of the labels with its levels in their natural order."""

    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class ByRegime:
    """The affected symbols together, and each by itself where there are several."""

    symbols: tuple[str, ...]
    #: Whether they moved by more than MOVED_SHARE, not just at all.
    much: bool
    together: tuple[Part, ...]
    each: tuple[tuple[str, tuple[Part, ...]], ...]


Labels = Mapping[str, Cell]


def by_regime(patch: Document, change: Comparison) -> ByRegime | None:
    """None where the patch says nothing by regime, or moves no symbol's trades."""
    before, after = (_side(patch, side) for side in ("before", "after"))
    found, much = affected(change)
    symbols = tuple(s for s in found if s in before and s in after)
    if not symbols:
        return None
    each = tuple((s, _parts([before[s]], [after[s]])) for s in symbols)
    together = _parts([before[s] for s in symbols], [after[s] for s in symbols])
    return ByRegime(symbols, much, together, each if len(each) > 1 else ())


def affected(change: Comparison) -> tuple[list[str], bool]:
    """Symbols whose trades the patch moves by more than MOVED_SHARE, and True; where there is none, those that it moves at
    all, and False."""
    much = [row.symbol for row in change.rows if row.newly_active or _moved(row) > MOVED_SHARE]
    return (much, True) if much else ([row.symbol for row in change.rows if _moved(row) > 0], False)


def losses(document: Document) -> list[tuple[str, list[dict[str, object]]]]:
    """(part, its groups in their natural order) of what ``understand_failures`` said; empty where it said nothing by regime."""
    groups = table(document.get("groups"))
    found = [
        (
            part,
            [
                _loss(row)
                for row in sorted(rows(groups.get(part)), key=lambda r: _natural(text(r.get("group"))))
            ],
        )
        for part in PARTS
    ]
    return [(part, shown) for part, shown in found if shown]


def _loss(row: Document) -> dict[str, object]:
    held = row.get("held")
    return {
        "name": text(row.get("group")),
        "n": number(row.get("n")),
        "bps": number(row.get("mean_bps")),
        "lost": number(row.get("loss_share")),
        "held": HELD[held] if isinstance(held, bool) else "too few to tell",
    }


def _moved(row: Row) -> float:
    before, after = row.before.trades, row.after.trades
    if before is None or after is None:
        return 0.0
    return abs(after - before) / max(before, 1.0)


def _side(patch: Document, side: str) -> dict[str, Labels]:
    """Symbol -> label -> figures; symbols without the breakdown are left out."""
    symbols = table(table(patch.get(side)).get("symbols"))
    return {
        symbol: {label: _cell(table(row)) for label, row in table(table(figures)["by_regime"]).items()}
        for symbol, figures in symbols.items()
        if isinstance(table(figures).get("by_regime"), Mapping)
    }


def _cell(row: Document) -> Cell:
    return Cell(number(row.get("trades")) or 0.0, number(row.get("expectancy_bps")), number(row.get("pnl")))


def _parts(before: list[Labels], after: list[Labels]) -> tuple[Part, ...]:
    found = []
    for place, name in enumerate(PARTS):
        old, new = _pooled(before, _level_at(place)), _pooled(after, _level_at(place))
        levels = sorted({*old, *new}, key=_natural)
        found.append(Part(name, tuple(Level(x, old.get(x, Cell()), new.get(x, Cell())) for x in levels)))
    return tuple(part for part in found if part.levels)


def _level_at(place: int) -> Callable[[str], str]:
    def level(label: str) -> str:
        pieces = label.split("/")
        return pieces[place] if len(pieces) == len(PARTS) else "unknown"

    return level


def _pooled(symbols: list[Labels], level: Callable[[str], str]) -> dict[str, Cell]:
    grouped: dict[str, list[Cell]] = {}
    for labels in symbols:
        for label, cell in labels.items():
            grouped.setdefault(level(label), []).append(cell)
    return {name: _sum(cells) for name, cells in grouped.items()}


def _sum(cells: Iterable[Cell]) -> Cell:
    """Trade-weighted, so that it is the plain mean over all trades; unknown where one part of it is."""
    kept = [c for c in cells if c.trades]
    trades = sum(c.trades for c in kept)
    known = all(c.bps is not None for c in kept) and trades > 0
    mean = sum(c.trades * (c.bps or 0.0) for c in kept) / trades if known else None
    paid = all(c.pnl is not None for c in kept) and trades > 0
    return Cell(trades, mean, sum(c.pnl or 0.0 for c in kept) if paid else None)


def _natural(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)
