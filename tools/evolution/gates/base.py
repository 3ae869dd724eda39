"""What a gate is: one check that a patch must pass, with its evidence. Gates measure; none of them asks a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from memory.ledger import Ledger
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
    #: The tested idea behind an enhancement: a hypothesis' result (``verdict``, ``id``, ``claim``, ``effect`` …).
    hypothesis: Mapping[str, Any] | None = None
    #: What that idea must be about, where the change says so: fields of the hypothesis' spec (``template``, ``direction``).
    mechanism: Mapping[str, str] = field(default_factory=dict)
    #: Where alpha and vault queries are spent; without it neither can be.
    ledger: Ledger | None = None
    #: Glob of candles that replaces ``[data] path``: the vault's rows come from there, too.
    data: str | None = None
    #: Whether somebody agreed to trade far more, or far less, than before.
    consented: bool = False
    #: An enhancement's bundle with its switch off, and the setting that is the switch.
    off_bundle: str | None = None
    switch: str | None = None
    #: Gates that block already: what is scarce (alpha, the vault) is then not spent.
    blocked: tuple[str, ...] = ()


class Gate(Protocol):
    """One check."""

    name: str

    def judge(self, case: Case) -> Verdict:
        """The verdict; a gate that cannot tell says ``unknown`` with the reason, never ``pass``."""
        ...


def verdict(name: str, passed: bool, **evidence: Any) -> Verdict:
    """Pass or fail."""
    return Verdict(name, GateVerdict.PASS if passed else GateVerdict.FAIL, evidence)
