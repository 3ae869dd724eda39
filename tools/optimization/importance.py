"""Which settings mattered for being among the best, and which ones only together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

#: With fewer finished trials the best tenth would be one or two of them.
FEWEST_TRIALS = 20
TOP_SHARE = 0.25


def importances(study: optuna.study.Study) -> tuple[dict[str, float] | None, str]:
    """``({setting: share}, "")``, the shares summing to 1, or None and why.

    PED-ANOVA (Watanabe et al., IJCAI 2023): how differently each setting is distributed among the best TOP_SHARE of the
    finished trials than among all. It is about this search's trials, not a cause."""
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(finished) < FEWEST_TRIALS:
        return None, f"{len(finished)} finished trials, needs {FEWEST_TRIALS}"
    if len({t.value for t in finished}) < 2:
        return None, "every finished trial has the same value"
    evaluator = PedAnovaImportanceEvaluator(target_quantile=TOP_SHARE, evaluate_on_local=True)
    found: dict[str, Any] = get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}, ""
