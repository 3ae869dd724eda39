"""What a gate is: one check that a patch must pass, with its evidence. Gates measure; none of them asks a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.host.contracts import SandboxPlace
from tools.analysis.detect import Diagnosis
from tools.analysis.study import Study
from tools.contracts import Finding, GateVerdict, Patch, Verdict
from tools.evolution.guard import SafetyGuard


@dataclass(frozen=True)
class Case:
    """Everything that a patch is judged on. ``before`` and ``after`` are the same markets under the two bundles;
    ``tests`` are the finding's failing test (file name -> text)."""

    patch: Patch
    before: Study
    after: Study
    diagnosis: Diagnosis
    finding: Finding | None
    guard: SafetyGuard
    place: SandboxPlace
    tests: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)


class Gate(Protocol):
    """One check."""

    name: str

    def judge(self, case: Case) -> Verdict:
        """The verdict; a gate that cannot tell says ``unknown`` with the reason, never ``pass``."""
        ...


def verdict(name: str, passed: bool, **evidence: Any) -> Verdict:
    """Pass or fail."""
    return Verdict(name, GateVerdict.PASS if passed else GateVerdict.FAIL, evidence)
