"""Judges a change that is no repair: an enhancement or a tuning, by the gates of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memory.ledger import Ledger
from tools.analysis.detect import Diagnosis, diagnose
from tools.analysis.workbench import Workbench
from tools.contracts import Patch
from tools.evolution.gates.base import Case
from tools.evolution.guard import SafetyGuard
from tools.evolution.judge import judge


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
    mechanism: Mapping[str, str] | None = None,
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
        mechanism=mechanism or {},
    )
    return judge(case)
