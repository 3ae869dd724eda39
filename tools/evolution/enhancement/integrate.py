"""Puts an enhancement before its gates, switched on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memory.ledger import Ledger
from tools.analysis.detect import Diagnosis
from tools.analysis.workbench import Workbench
from tools.contracts import Patch
from tools.evolution.enhancement.base import Enhancement
from tools.evolution.enhancement.idea import tested_idea
from tools.evolution.improve import judge_change


def integrate_enhancement(
    bench: Workbench,
    enhancement: Enhancement,
    *,
    ledger: Ledger | None = None,
    hypothesis: Mapping[str, Any] | None = None,
    diagnosis: Diagnosis | None = None,
    data: str | None = None,
    consented: bool = False,
) -> Patch:
    """The judged patch: ``awaiting_approval`` where every gate let it through, else ``refused`` with the reasons in its gates.

    ``hypothesis`` is the result of the tested idea behind it (a HypothesisResult as JSON); by default the newest
    in the ledger about ``enhancement.mechanism``. Without a supported one, or without a ``ledger`` to take alpha and a look
    at the vault from, it is refused. The rest is as in ``judge_change``."""
    if hypothesis is None and ledger is not None:
        hypothesis = tested_idea(ledger, enhancement.mechanism)
    return judge_change(
        bench,
        enhancement.patch,
        ledger=ledger,
        diagnosis=diagnosis,
        hypothesis=hypothesis,
        data=data,
        consented=consented,
        off_bundle=enhancement.written.bundle,
        switch=enhancement.switch,
        mechanism=enhancement.mechanism,
    )
