"""What the nodes of the graph work with: a desk, and the system's workbench."""

from __future__ import annotations

from pathlib import Path

from agents.choices import PlaybookChoices, open_choices
from agents.desk import Desk
from tools.analysis.detect import Diagnosis, diagnose
from tools.analysis.study import Progress, Study, quiet
from tools.analysis.workbench import Workbench
from tools.contracts import Finding
from tools.system.adapters.registry import need_decisions

GRAPH_NAME = "graph.db"


class Engine(Desk):
    """See Desk. ``data`` is a glob that replaces ``[data] path``."""

    def __init__(self, path: str | Path, *, data: str | None = None, progress: Progress = quiet) -> None:
        super().__init__(path, progress=progress)
        self.data = data
        try:
            need_decisions(self.system, "evolving or optimizing")
            #: Who makes the playbook's choices; a model where one is configured.
            self.choices: PlaybookChoices = open_choices(self.system, self.store, self.ledger, progress)
            self.bench = self._stack.enter_context(Workbench(self.system, data=data, progress=progress))
        except BaseException:
            self.close()
            raise
        self._diagnoses: dict[str, Diagnosis] = {}

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
