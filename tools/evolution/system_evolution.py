"""SystemEvolution: repair a system, one proven change at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from memory.ledger import Ledger
from memory.store import STORE_NAME, Store
from tools.analysis.detect import Diagnosis, diagnose
from tools.analysis.failing_test import written_files
from tools.analysis.gaps import capability_gaps
from tools.analysis.study import Progress, quiet
from tools.analysis.workbench import Workbench
from tools.contracts import Finding, Patch, PatchStatus
from tools.evolution.codemods.base import RepairError
from tools.evolution.enhancement.base import Enhancement, EnhancementError
from tools.evolution.enhancement.generate import generate_enhancement
from tools.evolution.enhancement.integrate import integrate_enhancement
from tools.evolution.gates.base import Case
from tools.evolution.guard import SafetyGuard
from tools.evolution.judge import judge, starves, worth_another
from tools.evolution.lock import engine_lock
from tools.evolution.promote import Approval, promote
from tools.evolution.propose import codemod_for, proposals
from tools.evolution.rollback import RolledBack, recover, rollback_patch
from tools.system.adapters.registry import need_decisions
from tools.system.system import System


class SystemEvolution:
    """Works on one system (its folder, or a System) under the engine's lock; a context manager. ``data`` is a glob of candles
    that replaces ``[data] path``. It keeps no memory of its own: the command line and the agents do."""

    def __init__(
        self, system: System | str | Path, *, data: str | None = None, progress: Progress = quiet
    ) -> None:
        self.system = system if isinstance(system, System) else System.open(system)
        need_decisions(self.system, "evolving")
        self._diagnoses: dict[str, Diagnosis] = {}
        self._data = data
        self._lock = engine_lock(self.system)
        self._lock.__enter__()
        try:
            self.recovered = recover(self.system)
            self.bench = Workbench(self.system, data=data, progress=progress)
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise

    def generate_fix(self, bug: Finding) -> Patch:
        """The first repair of a finding that passes every gate, else the last that was refused, with the reasons in its gates.
        Nothing is changed. Raises RepairError where there is no way to repair it."""
        study, last = self.bench.study(), None
        diagnosis = self._diagnosis()
        for proposal in proposals(study, bug):
            case = Case(
                patch=proposal.patch,
                before=study,
                after=self.bench.study(proposal.patch.bundle),
                diagnosis=diagnosis,
                finding=bug,
                guard=SafetyGuard(self.system),
                place=self.bench.place,
                tests=written_files(bug.test),
                settings=proposal.change.settings,
            )
            last = judge(case)
            if last.status is not PatchStatus.REFUSED or not worth_another(last):
                return last
        if last is None:
            raise RepairError(f"{bug.file}:{bug.line}: every variant leaves the code as it is")
        return last

    def apply_fix_safely(self, fix: Patch, *, exposure: bool = False, by: str = "a person") -> Patch:
        """Apply a judged fix, verify it in place, roll it back if it does not stand. ``exposure`` is the explicit yes to newly
        active symbols or many more trades; without it such a fix raises ApprovalError."""
        bug = next((f for f in self._diagnosis().findings if f.id == fix.finding), None)
        approval = Approval(fix.digest, by, exposure)
        return promote(
            self.system,
            self.bench.store,
            self.bench.place,
            fix,
            approval,
            written_files(bug.test if bug else None),
        )

    def fix_bugs_safely(self, *, exposure: bool = False) -> list[Patch]:
        """Repair what can be repaired, the worst first, and apply what passed every gate and needs no consent that was not
        given. A number that starves no symbol may be meant and waits. Returns every patch that was judged."""
        done: list[Patch] = []
        tried: set[str] = set()
        while True:
            bugs = [b for b in self._diagnosis().findings if b.id not in tried and codemod_for(b) is not None]
            if not bugs:
                return done
            tried.add(bugs[0].id)
            try:
                fix = self.generate_fix(bugs[0])
            except RepairError:
                continue  # it stays among the findings, for a person
            agreed = exposure or not fix.consent
            if fix.status is PatchStatus.AWAITING_APPROVAL and agreed and starves(fix):
                fix = self.apply_fix_safely(fix, exposure=exposure, by="fix_bugs_safely")
            done.append(fix)

    def generate_enhancement(self, gap: Mapping[str, Any]) -> Enhancement:
        """New logic for a capability gap (one of ``find_capability_gaps``), behind a switch that is off. Nothing is changed.
        Raises EnhancementError where none can be written."""
        return generate_enhancement(self.bench, gap)

    def integrate_enhancement(
        self, enhancement: Enhancement, *, hypothesis: Mapping[str, Any] | None = None
    ) -> Patch:
        """The enhancement's patch, judged switched on. Alpha and a look at the vault are taken from the system's ledger.
        ``hypothesis`` is the supported result behind it; without one it is refused."""
        with Store(self.system.state / STORE_NAME) as store:
            return integrate_enhancement(
                self.bench,
                enhancement,
                ledger=Ledger(store),
                hypothesis=hypothesis,
                diagnosis=self._diagnosis(),
                data=self._data,
            )

    def add_missing_logic(self, *, hypothesis: Mapping[str, Any] | None = None) -> list[Patch]:
        """An enhancement for each gap that logic can be written for, judged; usually none is proven, and that is right."""
        judged = []
        for gap in capability_gaps(self.bench.study()):
            try:
                enhancement = self.generate_enhancement(gap)
            except EnhancementError:
                continue  # a gap that has no logic yet stays a gap
            judged.append(self.integrate_enhancement(enhancement, hypothesis=hypothesis))
        return judged

    def optimize_architecture(self) -> list[dict[str, Any]]:
        """What could be tidied without a change of behaviour, from the source alone: ``[{"kind", "where", "why"}]``. No patch is
        written for these yet."""
        found = self.bench.study().architecture.to_json()
        return [
            *(
                {"kind": "import cycle", "where": c, "why": "modules that import each other"}
                for c in found["cycles"]
            ),
            *({"kind": "dead code", "where": d, "why": "nothing refers to it"} for d in found["dead_code"]),
            *({"kind": "duplicate", "where": d, "why": "the same logic twice"} for d in found["duplicates"]),
        ]

    def apply_improvements(self, results: Iterable[Patch], *, exposure: bool = False) -> list[Patch]:
        """Apply the judged patches that await approval and need no consent that was not given; the others come back as
        they are. A patch whose base has gone meanwhile is refused by ``apply`` and raises ApplyError."""

        def ready(patch: Patch) -> bool:
            return patch.status is PatchStatus.AWAITING_APPROVAL and (exposure or not patch.consent)

        return [self.apply_fix_safely(p, exposure=exposure) if ready(p) else p for p in results]

    def rollback(self, fix: Patch) -> RolledBack:
        """Restore every byte that an applied fix changed."""
        return rollback_patch(self.system, fix.id)

    def _diagnosis(self) -> Diagnosis:
        study = self.bench.study()
        if study.bundle not in self._diagnoses:
            self._diagnoses[study.bundle] = diagnose(study, tests=self.system.state / "tests")
        return self._diagnoses[study.bundle]

    def close(self) -> None:
        """End the sandbox's processes and let go of the lock."""
        self.bench.close()
        self._lock.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
