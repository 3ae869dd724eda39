"""IntelligentOptimizer: searches a system's numbers, and says how little that proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from memory.store import STORE_NAME, Store
from memory.trials import Trials
from sandbox.host.contracts import Setting
from tools.analysis.study import Progress, Study, quiet
from tools.analysis.workbench import Workbench
from tools.contracts import MendelError, Patch
from tools.market.names import resolve_symbol
from tools.optimization.evaluate import CandidateFailed, Evaluator
from tools.optimization.history import Seen, context_of, open_study
from tools.optimization.importance import importances
from tools.optimization.objective import OBJECTIVE
from tools.optimization.plateau import Plateau, best_plateau
from tools.optimization.search import Search
from tools.optimization.segments import Segments, split
from tools.optimization.space import Space, space_of
from tools.optimization.tuning import tuning_patch
from tools.system.adapters.registry import need_decisions
from tools.system.system import System

#: Where the agents keep their memory, too: the number of things tried is one number.
SEGMENT = "development"
MAX_COMBINED = 4


class OptimizeError(MendelError):
    """The search cannot be made as asked."""


class IntelligentOptimizer:
    """Works on one system (its folder, or a System); a context manager. ``data`` is a glob of candles that replaces
    ``[data] path``; ``symbols`` and ``params`` (names, or ``name=low..high``) narrow the search. ``bench`` and ``trials`` are
    borrowed where they are given. Nothing of the person's is changed, and nothing after the development segment is run."""

    def __init__(
        self,
        system: System | str | Path,
        data: str | None = None,
        *,
        symbols: Sequence[str] | None = None,
        params: Sequence[str] = (),
        bench: Workbench | None = None,
        trials: Trials | None = None,
        seed: int = 0,
        progress: Progress = quiet,
    ) -> None:
        self.seed, self.progress = seed, progress
        with ExitStack() as stack:
            self.bench = bench or stack.enter_context(Workbench(system, data=data, progress=progress))
            need_decisions(self.bench.system, "optimizing")
            self.trials = trials or Trials(stack.enter_context(Store(self.bench.system.state / STORE_NAME)))
            self.study: Study = _narrowed(self.bench.study(), symbols)
            self.space: Space = space_of(self.study, params)
            self.segments: Segments = split(self.study.markets, self.study.until_ns)
            self.evaluator = Evaluator(self.study, self.segments)
            self.search = Search(
                self.space,
                self.evaluator,
                open_study(self.bench.system.state, self.space, context_of(self.study, self.segments), seed),
                self._log,
                progress,
            )
            self._stack = stack.pop_all()

    def bayesian_optimization(self, trials: int = 50) -> dict[str, Any]:
        """Search; ``{"trials", "duplicates", "stopped_early", "failed", "objective", "base", "best", "plateau", "importance",
        "surrogate_error", "segments", …}``. ``best`` is the peak on the development segment, and no promise; ``plateau`` is
        what a patch would be made of."""
        if trials < 1:
            raise OptimizeError(f"{trials} trials: ask for at least 1")
        self.search.run(trials)
        shares, why = importances(self.search.study)
        plateau = self.plateau()
        return {
            "trials": self.search.ran,
            "trials_ever": len(self.search.seen),
            "duplicates": self.search.duplicates,
            "stopped_early": self.search.stopped_early,
            "failed": self.search.failed,
            "objective": OBJECTIVE,
            "base": {"params": self.space.defaults, **self.search.base.to_json()},
            "trade_bounds": dict(self.search.bounds.__dict__),
            "best": self._best(),
            "plateau": None if plateau is None else plateau.to_json(),
            "importance": shares,
            "importance_why": why,
            "surrogate_error": self.search.surrogate_error.to_json(),
            "segments": self.segments.to_json(),
            "skipped": dict(self.space.skipped),
        }

    def plateau(self) -> Plateau | None:
        """The feasible candidate with the best neighbourhood. Those that were stopped early count among the neighbours with the
        value they had then: left out, every neighbourhood would look good."""
        rows = [s for s in self.search.seen if s.value is not None]
        points, values = self.search.table()
        return best_plateau([s.settings for s in rows], points, values, [_whole(s) for s in rows])

    def patch(self, plateau: Plateau | None) -> tuple[Patch | None, str]:
        """The tuning that the plateau amounts to, unjudged, or None and why not."""
        if plateau is None:
            return None, "no candidate with enough trades and enough neighbours; try more trials"
        base = self.search.base.value
        if base is not None and plateau.value <= base:
            return None, (
                f"the best neighbourhood has {plateau.value:+.4f} and the system's own settings {base:+.4f}: nothing to tune"
            )
        words = (
            f"Settings from the middle of a plateau: the median of {plateau.neighbours} neighbours is {plateau.value:+.4f} "
            f"on the development segment ({'unknown' if base is None else f'{base:+.4f}'} with the settings as they are), out of "
            f"{len(self.search.seen)} candidates tried. {OBJECTIVE}."
        )
        made = tuning_patch(self.study, self.space, plateau.params, words)
        return made, "" if made is not None else "the plateau is where the settings are already"

    def test_combinations(self, params: Mapping[str, Setting]) -> dict[str, Any]:
        """What changed settings do alone, and what they do together. ``params`` are at most MAX_COMBINED new values.

        ``{"base", "alone": {name: Score}, "pairs": [{"params", "score", "interaction"}], "together"}``: the interaction is the
        gain of both minus the gains of each; None where a value is unknown. On the development segment only."""
        wanted = {n: v for n, v in self.space.clean(params).items() if n in params}
        if not 1 <= len(wanted) <= MAX_COMBINED:
            raise OptimizeError(f"{len(wanted)} settings to combine: give 1 to {MAX_COMBINED}")
        base = self._scored({})
        alone = {name: self._scored({name: value}) for name, value in wanted.items()}
        pairs = []
        for a, b in combinations(sorted(wanted), 2):
            both = self._scored({a: wanted[a], b: wanted[b]})
            parts = [base["value"], alone[a]["value"], alone[b]["value"], both["value"]]
            known = all(p is not None for p in parts)
            effect = parts[3] - parts[1] - parts[2] + parts[0] if known else None
            pairs.append({"params": [a, b], "score": both, "interaction": effect})
        return {"base": base, "alone": alone, "pairs": pairs, "together": self._scored(wanted)}

    def predict_performance(self, params: Mapping[str, Setting]) -> dict[str, Any]:
        """What the surrogate expects of some settings before they are run: ``{"value", "sd", "n", "error"}``; ``value`` None and
        ``why`` where too few candidates were seen. ``error`` is how far its earlier guesses were off."""
        settings = self.space.clean(params)
        if not self.search.seen:
            from tools.optimization.history import seen_in

            self.search.seen = seen_in(self.search.study)
        model = self.search.surrogate()
        error = self.search.surrogate_error.to_json()
        if model is None:
            why = "too few candidates seen; run bayesian_optimization first"
            return {"value": None, "sd": None, "n": len(self.search.seen), "error": error, "why": why}
        value, sd = model.predict(np.array(self.space.unit(settings)))
        return {"value": value, "sd": sd, "n": len(model.points), "error": error}

    def _best(self) -> dict[str, Any] | None:
        found = [s for s in self.search.seen if _whole(s)]
        if not found:
            return None
        best = max(found, key=lambda s: s.value or 0.0)
        return {"params": best.settings, "value": best.value}

    def _scored(self, changed: Mapping[str, Setting]) -> dict[str, Any]:
        settings = {**self.space.defaults, **changed}
        try:
            found = {**self.evaluator.score(settings).to_json(), "why": ""}
        except CandidateFailed as error:
            found = {"value": None, "trades": 0, "days": 0, "why": str(error)}
        self._log(settings, found)
        return found

    def _log(self, settings: dict[str, Setting], outcome: dict[str, Any]) -> None:
        self.trials.log(self.study.bundle, SEGMENT, {"settings": settings, **outcome})

    def close(self) -> None:
        """End what was opened here."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _narrowed(study: Study, symbols: Sequence[str] | None) -> Study:
    """The study of some symbols only; a study of its own, since a study remembers its answers."""
    if symbols is None:
        return study
    names = [resolve_symbol(symbol, study.markets) for symbol in symbols]
    markets = {name: study.markets[name] for name in sorted(set(names))}
    return Study(
        study.system,
        study.store,
        study.runner,
        study.bundle,
        markets,
        study.costs,
        study.until_ns,
        study.progress,
    )


def _whole(seen: Seen) -> bool:
    return seen.feasible and seen.share == 1.0 and seen.value is not None
