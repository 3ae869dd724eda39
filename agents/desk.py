"""One system's memory and files, without its markets: what approving, rolling back and looking up need."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agents.reconcile import reconcile
from memory.findings import Findings
from memory.learnings import Learnings
from memory.ledger import Ledger
from memory.patches import Patches
from memory.store import STORE_NAME, Store
from memory.trials import Trials
from sandbox.host.contracts import SandboxPlace
from tools.analysis.failing_test import written_files
from tools.analysis.study import Progress, quiet
from tools.contracts import Finding
from tools.evolution.lock import engine_lock
from tools.evolution.rollback import recover
from tools.system.bundles import BundleStore
from tools.system.system import System

TESTS_NAME = "tests"


class Desk:
    """Use it as a context manager. To write, it holds the engine's lock (LockedError where another engine works on the
    system) and first finishes or undoes a change that was cut off (kill -9, power): ``recovered`` says so. ``reading`` takes
    no lock and mends nothing."""

    def __init__(self, path: str | Path, *, reading: bool = False, progress: Progress = quiet) -> None:
        self.system = System.open(path)
        self.progress = progress
        self._stack = ExitStack()
        self.recovered: list[str] = []
        try:
            if not reading:
                self._stack.enter_context(engine_lock(self.system))
                self.recovered = recover(self.system)
            self.store = self._stack.enter_context(Store(self.system.state / STORE_NAME))
            self.bundles = BundleStore(self.system.bundles)
            self.ledger = Ledger(self.store)
            self.findings, self.patches = Findings(self.store), Patches(self.store)
            self.learnings, self.trials = Learnings(self.store), Trials(self.store)
            if not reading:
                self.recovered += reconcile(self)
        except BaseException:
            self._stack.close()
            raise

    def cycle_of(self, patch: str) -> str:
        """The cycle in which a patch was judged, by the patch's full id."""
        row = self.store.row("SELECT cycle FROM patches WHERE id = ?", (patch,))
        return str(row["cycle"]) if row is not None and row["cycle"] else "by-hand"

    @property
    def place(self) -> SandboxPlace:
        """Where the sandbox finds its things."""
        return SandboxPlace(self.system.bundles, self.system.python)

    @property
    def tests(self) -> Path:
        """Where the failing tests are written."""
        return self.system.state / TESTS_NAME

    def test_files(self, finding: dict[str, Any] | Finding) -> dict[str, str]:
        """File name -> text of a finding's failing test; {} where it has none."""
        return written_files(finding.test if isinstance(finding, Finding) else finding.get("test"))

    def close(self) -> None:
        """Let go of the lock and the store."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
