"""Tables of one market put together: one bar a time, what is impossible refused, gaps left and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.contracts import Floats, Market
from tools.market.fetch_series import funding_on_bars
from tools.market.import_columns import Columns
from tools.market.problems import REMEDIES, MarketError, ProblemCode, counted
from tools.market.read import market_of
from tools.market.validate import validate

#: What a merge puts right or leaves open by itself.
_HARMLESS = (ProblemCode.GAP, ProblemCode.UNSORTED, ProblemCode.DUPLICATE)


def merged(source: str, symbol: str, parts: Sequence[Columns]) -> tuple[Market, list[str]]:
    """All parts by time; of bars that are in several, the last part's."""
    names = list(dict.fromkeys(name for part in parts for name in part.values))
    time = np.concatenate([part.time for part in parts])
    columns: dict[str, Floats] = {}
    for name in names:
        pieces = [part.values.get(name, np.full(len(part.time), np.nan)) for part in parts]
        columns[name] = np.concatenate(pieces)
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    order = np.argsort(time, kind="stable")
    if len(parts) == 1 and (order != np.arange(len(order))).any():
        notes.append("sorted the rows by time")
    time, columns = time[order], {name: values[order] for name, values in columns.items()}
    last = np.append(np.diff(time) != 0, True)
    if not last.all():
        notes.append(_repeated(columns, last))
    market = market_of(symbol, time[last], {name: values[last] for name, values in columns.items()}, source)
    return market, notes


def _repeated(columns: dict[str, Floats], last: np.ndarray) -> str:
    again = np.flatnonzero(~last)
    differ = np.zeros(len(again), dtype=bool)
    for values in columns.values():
        differ |= (values[again] != values[again + 1]) & ~(
            np.isnan(values[again]) & np.isnan(values[again + 1])
        )
    told = f"dropped {counted(len(again), 'repeated rows')}"
    return (
        f"{told}, {int(differ.sum())} of them with other values: the last of each was kept"
        if differ.any()
        else told
    )


def refuse(source: str, market: Market) -> None:
    """Raise MarketError where something is wrong with it that is neither a gap nor put right by merging."""
    problems = [problem for problem in validate(market) if problem.code not in _HARMLESS]
    if not problems:
        return
    first = problems[0]
    off_grid = first.code is ProblemCode.IRREGULAR
    can = REMEDIES[first.code] if off_grid else "mend it by --repair"
    raise MarketError(f"{source}: {first.detail}: {can}", problems)


def gap_note(market: Market) -> list[str]:
    """What is said of missing bars."""
    gaps = [problem for problem in validate(market) if problem.code is ProblemCode.GAP]
    return [f"{gap.detail}: left out, not filled" for gap in gaps]


def with_funding(market: Market, funding: Sequence[tuple[str, Columns]]) -> tuple[Market, str]:
    """Rates on the first bar that opens at or after they fell due; freqtrade keeps the rate as a candle's open."""
    rates: dict[int, float] = {}
    for label, part in funding:
        values = part.values.get("funding_rate", part.values.get("open"))
        if values is None:
            raise MarketError(f"{label}: holds no funding rate: leave it out")
        rates |= {int(t) // 1_000_000: float(v) for t, v in zip(part.time, values, strict=True) if v == v}
    column = funding_on_bars(rates, market.time // 1_000_000, market.timeframe_minutes * 60_000)
    columns = {**market.columns, "funding_rate": column}
    return (
        market_of(market.symbol, market.time, columns, market.source),
        f"funding_rate from {counted(len(rates), 'values')} of {', '.join(label for label, _ in funding)}",
    )
