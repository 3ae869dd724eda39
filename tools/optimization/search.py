"""The search itself: ask optuna, run in the sandbox, tell optuna. The parent asks and tells; workers are pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.host.contracts import Setting
from tools.contracts import Floats
from tools.optimization.evaluate import RUNGS, CandidateFailed, Evaluator
from tools.optimization.history import FEASIBLE, SETTINGS, SHARE, VALUE, Seen, key_of, seeds_for, seen_in
from tools.optimization.objective import Bounds, Score, bounds_of
from tools.optimization.space import Space
from tools.optimization.surrogate import Surrogate, SurrogateError

if TYPE_CHECKING:
    import optuna

#: Questions to the sampler for each candidate wanted, before a space counts as used up.
ASKS_A_TRIAL = 5
#: Told of every scored candidate: settings, and what came of them.
Log = Callable[[dict[str, Setting], dict[str, Any]], None]


@dataclass
class Search:
    """One search. ``seen`` holds every candidate known, those of earlier runs of the same study first."""

    space: Space
    evaluator: Evaluator
    study: optuna.study.Study
    log: Log
    progress: Callable[[str], None]
    seen: list[Seen] = field(default_factory=list)
    duplicates: int = 0
    stopped_early: int = 0
    failed: int = 0
    ran: int = 0
    guesses: list[tuple[float, float, float]] = field(default_factory=list)
    base: Score = field(default_factory=lambda: Score(None, 0, 0))
    bounds: Bounds = field(default_factory=lambda: Bounds(0, 0))

    def run(self, trials: int) -> None:
        """Try ``trials`` new candidates; fewer where the space is used up. The system's own settings are scored first and do
        not count."""
        self.seen = seen_in(self.study)
        self.ran = self.duplicates = self.stopped_early = self.failed = 0
        self.base = self.evaluator.score(self.space.defaults)
        self.bounds = bounds_of(self.base)
        self._queue()
        asked = 0
        while self.ran < trials and asked < ASKS_A_TRIAL * trials + STARTING:
            asked += 1
            self._one()
            self.progress(f"trial {min(self.ran + 1, trials)} of {trials}")

    def surrogate(self, upto: int | None = None) -> Surrogate | None:
        """A guesser from the candidates seen on the whole development segment."""
        points, values = self.table(full=True)
        return Surrogate.fit(points[:upto], values[:upto])

    def table(self, *, full: bool = False) -> tuple[Floats, Floats]:
        """Points in the unit cube (n, d) and values (n,) of the candidates with a value; ``full``: of those that saw all."""
        rows = [s for s in self.seen if s.value is not None and (s.share == 1.0 or not full)]
        points = np.array([self.space.unit(s.settings) for s in rows]).reshape(
            len(rows), len(self.space.params)
        )
        return points, np.array([s.value for s in rows], dtype=float)

    @property
    def surrogate_error(self) -> SurrogateError:
        """Of the guesses made before each test."""
        return SurrogateError.of(self.guesses)

    def _queue(self) -> None:
        """The system's own settings, then the best of earlier studies."""
        known = {s.key for s in self.seen}
        for settings in [self.space.defaults, *seeds_for(self.study, self.space)]:
            if key_of(settings) not in known and self.space.holds(settings):
                self.study.enqueue_trial(dict(settings), skip_if_exists=True)

    def _one(self) -> None:
        """One question to the sampler, and its answer."""
        from optuna.trial import TrialState

        trial = self.study.ask({p.name: p.distribution() for p in self.space.params})
        settings = self.space.clean(trial.params)
        key = key_of(settings)
        if any(s.key == key for s in self.seen):
            self.duplicates += 1
            self.study.tell(trial, state=TrialState.FAIL)  # known: it is not run again, and not told twice
            return
        guess, middle = self._guess(settings)
        try:
            result, share = self._climb(trial, settings)
        except CandidateFailed as error:
            self.failed += 1
            trial.set_constraint("no_decisions", 1.0)
            self._note(trial, Seen(settings, None, 0.0, False), 0, str(error))
            self._tell(trial, self.seen[-1])
            return
        seen = Seen(settings, result.value, share, share == 1.0 and self.bounds.hold(result.trades))
        for name, value in self.bounds.constraints(result.trades, share).items():
            trial.set_constraint(name, value)
        self._note(trial, seen, result.trades)
        if guess is not None and share == 1.0 and result.value is not None:
            self.guesses.append((guess, middle, result.value))
        self._tell(trial, seen)

    def _tell(self, trial: optuna.trial.Trial, seen: Seen) -> None:
        """A candidate without a value has not failed in optuna's sense: told as pruned it ranks last, and is learned from."""
        from optuna.trial import TrialState

        if seen.share == 1.0 and seen.value is not None:
            self.study.tell(trial, seen.value)
            return
        self.stopped_early += 0.0 < seen.share < 1.0
        self.study.tell(trial, state=TrialState.PRUNED)

    def _climb(self, trial: optuna.trial.Trial, settings: Mapping[str, Setting]) -> tuple[Score, float]:
        """Run on growing data; the score on the last part that was run, and that part."""
        result = Score(None, 0, 0)
        own = settings == self.space.defaults
        for step, share in enumerate(RUNGS):
            result = self.evaluator.score(settings, share)
            if result.value is None or share == 1.0:
                continue
            trial.report(result.value, step)
            if not own and trial.should_prune():
                return result, share
        return result, 1.0

    def _guess(self, settings: Mapping[str, Setting]) -> tuple[float | None, float]:
        model = self.surrogate()
        if model is None:
            return None, 0.0
        return model.predict(np.array(self.space.unit(settings)))[0], model.middle

    def _note(self, trial: optuna.trial.Trial, seen: Seen, trades: int, why: str = "") -> None:
        notes = {SETTINGS: seen.settings, VALUE: seen.value, SHARE: seen.share, FEASIBLE: seen.feasible}
        for name, value in notes.items():
            trial.set_user_attr(name, value)
        self.seen.append(seen)
        self.ran += 1
        self.log(seen.settings, {"value": seen.value, "share": seen.share, "trades": trades, "why": why})


#: Questions that may be spent on what is known already.
STARTING = 20
