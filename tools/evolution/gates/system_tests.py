"""Gate: the system's own tests pass, and the finding's failing test, which failed before, passes now.

Both run as jobs: in a throw-away copy, without network or the person's files.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from sandbox.host.contracts import Job, JobResult, Status
from sandbox.host.jobs import run_job
from tools.analysis.tests_run import ALONE, FOLDER
from tools.contracts import GateVerdict, Verdict
from tools.evolution.gates.base import Case, verdict

TAIL = 1500


class TestsGate:
    """The suite, and the test that convicts."""

    name = "tests"
    __test__ = False

    def judge(self, case: Case) -> Verdict:
        """Fails where a test that passed before fails now, or the finding's test does not turn from fail to pass."""
        own = self._own(case)
        finding = self._finding(case)
        parts = [p for p in (own, finding) if p is not None]
        if not parts:
            return Verdict(
                self.name, GateVerdict.UNKNOWN, {"why": "the system has no tests and the finding has none"}
            )
        evidence = {"own": own or "none: [tests] command is not set", "finding": finding or "none written"}
        return verdict(self.name, all(p["ok"] for p in parts), **evidence)

    def _own(self, case: Case) -> dict[str, Any] | None:
        command = case.before.system.config.tests.command
        if not command:
            return None
        now = self._run(case, case.patch.bundle, tuple(shlex.split(command)))
        report: dict[str, Any] = {
            "command": command,
            "exit_code": now.exit_code,
            "output": now.output[-TAIL:],
            "ok": passed(now),
        }
        if not report["ok"]:
            then = self._run(case, case.patch.base, tuple(shlex.split(command)))
            new = failures(now.output) - failures(then.output)
            known = bool(failures(now.output)) and not passed(then) and not new
            report |= {
                "ok": known,
                "failed_before_too": known,
                "new_failures": sorted(new),
                "why": now.reason,
            }
        return report

    def _finding(self, case: Case) -> dict[str, Any] | None:
        if not case.tests:
            return None
        name = next(n for n in case.tests if n.endswith(".py"))
        command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{FOLDER}/{name}")
        then, now = self._before_and_after(case, command, ALONE)
        if not _turned(then, now):  # the system's own settings of pytest may need its plugins
            then, now = self._before_and_after(case, command, {})
        return {
            "test": name,
            "before": {"exit_code": then.exit_code, "output": then.output[-TAIL:]},
            "after": {"exit_code": now.exit_code, "output": now.output[-TAIL:]},
            "ok": _turned(then, now),
        }

    def _before_and_after(
        self, case: Case, command: tuple[str, ...], environment: Mapping[str, str]
    ) -> tuple[JobResult, JobResult]:
        bundles = (case.patch.base, case.patch.bundle)
        then, now = (self._run(case, b, command, case.tests, environment) for b in bundles)
        return then, now

    def _run(
        self,
        case: Case,
        bundle: str,
        command: tuple[str, ...],
        extra: Any = None,
        environment: Mapping[str, str] | None = None,
    ) -> JobResult:
        files = {f"{FOLDER}/{name}": text for name, text in (extra or {}).items()}
        settings, own = case.before.system.config.sandbox, case.before.system.config.system
        job = Job(
            bundle,
            command,
            extra=files,
            extra_bytes=case.before.system.test_data(),
            wall_seconds=settings.job_wall_s,
            memory_mb=settings.job_memory_mb,
            environment={**own.environment, **(environment or {})},
            stubs=tuple(own.stubs),
        )
        return run_job(case.place, job)


def _turned(then: JobResult, now: JobResult) -> bool:
    return then.exit_code == 1 and passed(now)


def passed(result: JobResult) -> bool:
    """It ended by itself, with success."""
    return result.status is Status.OK and result.exit_code == 0


def failures(output: str) -> set[str]:
    """The failed tests that pytest's summary names."""
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", output, flags=re.MULTILINE))
