"""Invariant: a strategy comes to decisions, and they are decisions (a stop is a fraction below 1, a signal 0 or 1).

What fails is itself the one finding: nothing else can be tried. Its place is the line that the sandbox's reason names; for a
decision out of range the line that writes the column.

False-positive risks: none; a failure of the sandbox is raised, not found.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.host.contracts import Status
from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.protection import written_at
from tools.analysis.study import Study
from tools.contracts import Severity
from tools.system.runner import StrategyFailed

FAILS, TOO_FAR = "strategy_fails", "distance_out_of_reach"
#: With a finding of one of these there are no decisions to look at.
SILENCING = frozenset({FAILS, TOO_FAR})
OUT_OF_RANGE = re.compile(r"\b(stop|target|trail|size|max_bars|enter_\w+|exit_\w+) must be ")
#: Failures of what asks another machine.
NETWORK = re.compile(
    r"URLError|gaierror|NameResolution|name resolution|Network is unreachable|ConnectionError|ConnectError|ConnectTimeout"
    r"|Cannot connect to host|NetworkError|ExchangeNotAvailable"
)
DISTANCES = ("stop", "target", "trail")


def failed_finding(study: Study) -> Conviction | None:
    """The finding that the strategy does not come to decisions, with the market it fails on. Raises StrategyFailed where
    the sandbox is to blame."""
    try:
        study.decisions  # noqa: B018 - asked for its error
    except StrategyFailed as error:
        if error.status in (Status.REFUSED, Status.INFRASTRUCTURE):
            raise
        return _written_up(study, error)
    return None


def _written_up(study: Study, error: StrategyFailed) -> Conviction:
    evidence: dict[str, Any] = {
        "symbol": error.symbol,
        "status": error.status.value,
        "reason": error.reason,
        "bars": len(study.markets[error.symbol]),
    }
    named = OUT_OF_RANGE.search(error.reason)
    written = written_at(study, named[1]) if named else None
    category = TOO_FAR if named and named[1] in DISTANCES else FAILS
    file, line = written[:2] if written else _blamed(study, error.reason)
    text = f"The strategy gives no decisions on {error.symbol} ({error.status.value}): {error.reason}"
    if written:
        text += f" `{written[2]}` writes it."
    if NETWORK.search(error.reason):
        text += " There is no network where it runs: fetch what it needs before, and read it from a file."
    finding = make_finding(category, Severity.CRITICAL, (file, line, "strategy"), text, evidence)
    kind = "bounds" if named else "answers"
    return Conviction(finding, TestPlan(kind, error.symbol, 0, len(study.markets[error.symbol]), {}))


def _blamed(study: Study, reason: str) -> tuple[str, int]:
    """The place that the reason names, else the strategy's own."""
    named = re.search(r"([\w./-]+\.py):(\d+)", reason)
    if named is None:
        return study.target_place
    wanted = named[1].removeprefix("/system/")
    files = [f for f in study.store.files(study.bundle) if f == wanted or f.endswith("/" + wanted)]
    return (files[0] if len(files) == 1 else wanted), int(named[2])
