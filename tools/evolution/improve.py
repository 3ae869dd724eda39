"""Judges a change that is no repair: an enhancement or a tuning, by the gates of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from memory.ledger import Ledger
from sandbox.host.contracts import Status
from tools.analysis.detect import Diagnosis, diagnose
from tools.analysis.workbench import Workbench
from tools.contracts import Patch, PatchStatus
from tools.evolution.gates.base import Case, verdict
from tools.evolution.guard import SafetyGuard
from tools.evolution.judge import judge
from tools.system.runner import StrategyFailed

#: The verdict on a patch with which the strategy comes to no decisions on some symbol.
DECIDES = "decisions"


def judge_change(
    bench: Workbench,
    patch: Patch,
    *,
    ledger: Ledger | None = None,
    diagnosis: Diagnosis | None = None,
    hypothesis: Mapping[str, Any] | None = None,
    data: str | None = None,
    consented: bool = False,
    off_bundle: str | None = None,
    switch: str | None = None,
) -> Patch:
    """The patch with its verdicts. Without ``ledger`` neither alpha nor a look at the vault can be spent, so it is refused; so is one
    with which the strategy fails on a symbol.
    ``data`` is the glob that ``bench`` was opened with; ``diagnosis`` is of the patch's base, made here where it is missing."""
    before = bench.study(patch.base)
    case = Case(
        patch=patch,
        before=before,
        after=bench.study(patch.bundle),
        diagnosis=diagnosis or diagnose(before),
        finding=None,
        guard=SafetyGuard(bench.system),
        place=bench.place,
        hypothesis=hypothesis,
        ledger=ledger,
        data=data,
        consented=consented,
        off_bundle=off_bundle,
        switch=switch,
    )
    try:
        return judge(case)
    except StrategyFailed as error:  # on a symbol that the change was not tried on, say
        if error.status in (Status.REFUSED, Status.INFRASTRUCTURE):
            raise
        return replace(patch, status=PatchStatus.REFUSED, gates=(verdict(DECIDES, False, why=str(error)),))
