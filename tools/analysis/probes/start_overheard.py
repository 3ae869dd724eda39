"""Entries that depend on the start well after the warm-up, and the column that does not forget it: the two together convict."""

from __future__ import annotations

from typing import Any

from tools.analysis.probes.base import Conviction, TestPlan, iso, make_finding
from tools.analysis.probes.start_columns import DECLARED, MEASURED, unforgetting
from tools.analysis.probes.start_settled import Unsettled, unsettled
from tools.analysis.probes.watch import Watched
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

#: Entries that a written test lets pass.
ALLOWED = 2


def overheard_start(study: Study) -> Conviction | None:
    """One conviction at the line of the column; None where every start is forgotten or no column explains it."""
    apart = unsettled(study)
    if apart is None:
        return None
    tolerance = DECLARED if apart.warmup.place else MEASURED
    column = unforgetting(study, apart.market, apart.warmup.settled, tolerance)
    if column is None:
        return None
    arguments = {"cut": apart.cut, "settled": apart.settled, "allowed": ALLOWED}
    plan = TestPlan("start", apart.market.symbol, 0, len(apart.market), arguments)
    return Conviction(_finding(study, apart, column), plan)


def _finding(study: Study, apart: Unsettled, column: Watched) -> Finding:
    place = apart.warmup.place
    declared = f"{apart.warmup.bars:,} (line {place[1]})" if place else ""
    start = (
        f"startup_candle_count = {declared} is too short for it, or it never settles"
        if place
        else "it does not settle"
    )
    summary = (
        f"`{column.name} = {column.text}` depends on where the data starts, and {start}: with the first {apart.cut:,} bars left out, "
        f"{apart.changed} entries on {apart.market.symbol} differ from {apart.warmup.settled:,} bars after the start on ({apart.entries} before)."
    )
    return make_finding(
        "start_dependence",
        Severity.HIGH,
        (column.file, column.line, column.text),
        summary,
        _evidence(apart, column),
        {"column": column.name, "declared_warmup_bars": apart.warmup.bars if place else None},
    )


def _evidence(apart: Unsettled, column: Watched) -> dict[str, Any]:
    return {
        "probe": "cumulative_origin",
        "symbol": apart.market.symbol,
        "column": column.name,
        "entries_changed": apart.changed,
        "entries_compared": apart.entries,
        "bar": apart.first,
        "time": iso(int(apart.market.time[apart.first])),
        "cut": apart.cut,
        "settled": apart.settled,
    }
