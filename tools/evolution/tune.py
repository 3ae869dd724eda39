"""From a search to a judged tuning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from memory.ledger import Ledger
from memory.trials import Trials
from tools.analysis.detect import Diagnosis
from tools.analysis.workbench import Workbench
from tools.contracts import Patch
from tools.evolution.improve import judge_change
from tools.evolution.judge import refusals
from tools.market.names import resolve_symbol
from tools.optimization.optimizer import IntelligentOptimizer
from tools.records import patch_json

#: Keeps a judged patch: its document, and its judgement in the ledger (see ``record``).
Keep = Callable[[Patch], Any]


def tune(
    bench: Workbench,
    trials_log: Trials,
    ledger: Ledger,
    *,
    trials: int,
    symbols: Sequence[str] | None = None,
    params: Sequence[str] = (),
    seed: int = 0,
    data: str | None = None,
    diagnosis: Diagnosis | None = None,
    keep: Keep | None = None,
) -> dict[str, Any]:
    """The shape of ``mendel optimize --json``: the search's result with ``patch`` (judged, or None), ``why`` and ``until``.

    ``symbols`` narrows the search; the patch is judged on every symbol. ``data`` is the glob that ``bench`` was opened
    with, ``diagnosis`` is of its system as it is. Every trial is in ``trials_log``; alpha is taken from ``ledger``."""
    chosen = None if symbols is None else sorted({resolve_symbol(s, bench.data.markets) for s in symbols})
    with IntelligentOptimizer(
        bench.system,
        bench=bench,
        trials=trials_log,
        params=params,
        symbols=chosen,
        seed=seed,
        progress=bench.progress,
    ) as optimizer:
        found = optimizer.bayesian_optimization(trials)
        patch, why = optimizer.patch(optimizer.plateau())
    if patch is not None:
        patch = judge_change(bench, patch, ledger=ledger, data=data, diagnosis=diagnosis)
        why = "; ".join(refusals(patch))
        if keep is not None:
            keep(patch)
    shown = None if patch is None else patch_json(patch)
    return {**found, "patch": shown, "why": why, "until": bench.data.until}
