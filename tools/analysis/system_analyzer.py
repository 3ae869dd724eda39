"""SystemAnalyzer: what a person asks about a system that they already have."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.analysis.architecture.text import architecture_text
from tools.analysis.detect import ADVISORY, PROBES, Diagnosis, diagnose
from tools.analysis.failures import failures_of
from tools.analysis.gaps import capability_gaps
from tools.analysis.study import Progress, Study, quiet
from tools.analysis.workbench import Workbench
from tools.backtest.report import backtest_json
from tools.contracts import Finding
from tools.records import finding_json
from tools.system.system import System


class SystemAnalyzer:
    """Opens a system (its folder, or a System) and answers about it; a context manager. ``data`` is a glob of candles that
    replaces ``[data] path``. Nothing is changed, and nothing after the vault's start is looked at."""

    def __init__(
        self, system: System | str | Path, *, data: str | None = None, progress: Progress = quiet
    ) -> None:
        self.bench = Workbench(system, data=data, progress=progress)
        self._diagnosis: Diagnosis | None = None

    @property
    def study(self) -> Study:
        """The person's files as they are now."""
        return self.bench.study()

    @property
    def diagnosis(self) -> Diagnosis:
        """Findings and suspects, looked for once."""
        if self._diagnosis is None:
            tests = self.bench.system.state / "tests"
            self._diagnosis = diagnose(self.study, (*PROBES, *ADVISORY), tests=tests, quick=True)
        return self._diagnosis

    def analyze_architecture(self) -> dict[str, Any]:
        """Modules, entry points, import cycles, data flow, settings and more; read from the source, without running it."""
        return self.study.architecture.to_json()

    def detect_bugs(self) -> list[Finding]:
        """Findings, each with a counterexample and, where one can be written, a failing test. The worst first."""
        return list(self.diagnosis.findings)

    def understand_failures(self) -> dict[str, Any]:
        """Why trades lose: by exit reason, symbol, side, hour and regime, each with n and whether it held on the later half."""
        return failures_of(self.study)

    def get_current_metrics(self) -> dict[str, Any]:
        """The shape of ``mendel backtest --json``."""
        study = self.study
        return backtest_json(study.backtests, study.costs, study.until_ns, markets=study.markets)

    def find_capability_gaps(self) -> list[dict[str, Any]]:
        """What the market offers and the entry decision never looks at."""
        return capability_gaps(self.study)

    def analyze(self) -> dict[str, Any]:
        """The shape of ``mendel analyze --json``."""
        return {
            "architecture": self.analyze_architecture(),
            "findings": [finding_json(f) for f in self.diagnosis.findings],
            "suspects": [finding_json(s) for s in self.diagnosis.suspects],
            "waived": self.diagnosis.waived,
            "why": {"findings": why}
            if (why := self.diagnosis.unprobed or " ".join(self.diagnosis.notes))
            else {},
            "until": self.bench.data.until,
        }

    def text(self) -> str:
        """The same for a terminal."""
        lines = [architecture_text(self.study.architecture), ""]
        for title, found in (
            ("Findings", self.diagnosis.findings),
            ("Suspects, not proven", self.diagnosis.suspects),
        ):
            lines.append(f"{title}: {len(found)}")
            lines += [f"  {f.severity.value:<8} {f.file}:{f.line}  {f.summary}" for f in found]
        if self.diagnosis.waived:
            lines.append(f"Waived in mendel.toml, not run: {len(self.diagnosis.waived)}")
            lines += [f"  {name}: {reason}" for name, reason in self.diagnosis.waived.items()]
        lines += [f"Not probed: {self.diagnosis.unprobed}"] if self.diagnosis.unprobed else []
        lines += self.diagnosis.notes
        return "\n".join([*lines, "", f"Until {self.bench.data.until}; nothing after it was looked at."])

    def close(self) -> None:
        """End the sandbox's processes."""
        self.bench.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
