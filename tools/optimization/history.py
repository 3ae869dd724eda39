"""Earlier studies of the same system, kept by optuna in one journal file: what they found seeds the next one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.host.contracts import Setting
from tools.analysis.study import Study
from tools.optimization.evaluate import RUNGS
from tools.optimization.segments import Segments
from tools.optimization.space import Space

if TYPE_CHECKING:
    import optuna

JOURNAL_NAME = "optuna.journal"
#: What is written beside each trial in the journal.
SETTINGS, SPACE, VALUE, SHARE, FEASIBLE = "settings", "space", "value", "share", "feasible"
#: The best of earlier studies that a new one tries first.
SEEDS = 3
STARTUP_TRIALS = 10


@dataclass(frozen=True)
class Seen:
    """One candidate that was run: ``share`` is the part of the development segment it saw (1 = all), ``value`` its objective
    there (None = nothing traded, or it failed), ``feasible`` whether its trades were within bounds."""

    settings: dict[str, Setting]
    value: float | None
    share: float
    feasible: bool

    @property
    def key(self) -> str:
        """Equal for equal settings."""
        return key_of(self.settings)


def key_of(settings: dict[str, Setting]) -> str:
    """The one spelling of some settings."""
    return json.dumps(settings, sort_keys=True)


def context_of(study: Study, segments: Segments) -> str:
    """sha256, hex, of everything that a value depends on beside the settings: the code, the bars, the costs, the cut."""
    total = hashlib.sha256(
        f"{study.bundle}{study.costs}{segments.start_ns}{segments.confirm_ns}{RUNGS}".encode()
    )
    for symbol, market in sorted(segments.development(study.markets).items()):
        total.update(f"{symbol}{len(market)}".encode() + market.time.tobytes())
        for name in sorted(market.columns):
            total.update(name.encode() + market.columns[name].tobytes())
    return total.hexdigest()


def open_study(folder: Path, space: Space, context: str, seed: int) -> optuna.study.Study:
    """The optuna study of one space in one context, made or gone on with."""
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        study_name=f"{space.digest[:16]}-{context[:16]}",
        storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL_NAME))),
        sampler=optuna.samplers.TPESampler(multivariate=True, n_startup_trials=STARTUP_TRIALS, seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=0),
        direction="maximize",
        load_if_exists=True,
    )
    study.set_user_attr(SPACE, space.digest)
    return study


def seen_in(study: optuna.study.Study) -> list[Seen]:
    """What was run in a study, in order; duplicates were not."""
    return [found for trial in study.get_trials(deepcopy=False) if (found := _seen(trial)) is not None]


def _seen(trial: Any) -> Seen | None:
    notes = trial.user_attrs
    if SHARE not in notes:
        return None
    return Seen(dict(notes[SETTINGS]), notes[VALUE], float(notes[SHARE]), bool(notes[FEASIBLE]))


def seeds_for(study: optuna.study.Study, space: Space) -> list[dict[str, Setting]]:
    """The best feasible candidates of other studies of the same space (other code, or other data): worth trying early here."""
    import optuna

    storage = study._storage  # optuna names no public way from a study to its storage
    found: list[Seen] = []
    for summary in optuna.get_all_study_summaries(storage=storage):
        other = summary.user_attrs.get(SPACE) == space.digest and summary.study_name != study.study_name
        if other:
            found += seen_in(optuna.load_study(study_name=summary.study_name, storage=storage))
    good = [s for s in found if s.feasible and s.share == 1.0 and s.value is not None]
    ranked = sorted(good, key=lambda s: -(s.value or 0.0))
    return [s.settings for s in {s.key: s for s in reversed(ranked)}.values()][::-1][:SEEDS]
