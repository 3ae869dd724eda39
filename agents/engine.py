"""What the nodes work with: one system's workbench, store and ledger, under the engine's lock."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from memory.findings import Findings
from memory.learnings import Learnings
from memory.ledger import Ledger
from memory.patches import Patches
from memory.store import Store
from memory.trials import Trials
from tools.analysis.detect import Diagnosis, diagnose
from tools.analysis.study import Progress, Study, quiet
from tools.analysis.workbench import Workbench
from tools.contracts import Finding
from tools.evolution.lock import engine_lock
from tools.evolution.rollback import recover
from tools.system.system import System

STORE_NAME, GRAPH_NAME, TESTS_NAME = "mendel.db", "graph.db", "tests"


def store_of(system: System) -> Store:
    """The system's memory."""
    return Store(system.state / STORE_NAME)


class Engine:
    """Use it as a context manager. Raises LockedError where another engine works on the system. A change that was cut off
    (kill -9, power) is finished or undone first; ``recovered`` says so."""

    def __init__(self, path: str | Path, *, data: str | None = None, progress: Progress = quiet) -> None:
        self.system = System.open(path)
        self.progress = progress
        self._stack = ExitStack()
        try:
            self._stack.enter_context(engine_lock(self.system))
            self.recovered = recover(self.system)
            self.store = self._stack.enter_context(store_of(self.system))
            self.bench = self._stack.enter_context(Workbench(self.system, data=data, progress=progress))
        except BaseException:
            self._stack.close()
            raise
        self.ledger = Ledger(self.store)
        self.findings, self.patches = Findings(self.store), Patches(self.store)
        self.learnings, self.trials = Learnings(self.store), Trials(self.store)
        self._diagnoses: dict[str, Diagnosis] = {}

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def tests(self) -> Path:
        """Where the failing tests are written."""
        return self.system.state / TESTS_NAME

    def diagnosis(self, bundle: str) -> Diagnosis:
        """What is wrong with a bundle, found once. A resumed cycle finds it again, since studies are not stored."""
        if bundle not in self._diagnoses:
            self._diagnoses[bundle] = diagnose(self.study(bundle), tests=self.tests)
        return self._diagnoses[bundle]

    def study(self, bundle: str) -> Study:
        """See Workbench.study."""
        return self.bench.study(bundle)

    def finding(self, bundle: str, finding: str) -> Finding:
        """A finding of a bundle by id."""
        return next(f for f in self.diagnosis(bundle).findings if f.id == finding)

    def test_files(self, finding: dict[str, Any] | Finding) -> dict[str, str]:
        """File name -> text of a finding's failing test; {} where it has none."""
        path = finding.test if isinstance(finding, Finding) else finding.get("test")
        if not path:
            return {}
        found = [p for p in (Path(path), Path(path).with_suffix(".csv")) if p.is_file()]
        return {p.name: p.read_text(encoding="utf-8") for p in found}
