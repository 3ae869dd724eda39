"""Bring an approved patch into the person's files, look at it again in place, and take it back if it does not stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.host.contracts import Job, SandboxPlace
from sandbox.host.jobs import run_job
from tools.analysis.tests_run import ALONE, FOLDER
from tools.contracts import GateVerdict, MendelError, Patch, PatchKind, PatchStatus, Verdict
from tools.evolution.apply import apply_patch
from tools.evolution.gates.base import verdict
from tools.evolution.gates.system_tests import passed
from tools.evolution.guard import SafetyGuard
from tools.system.bundles import BundleStore
from tools.system.system import System


class ApprovalError(MendelError):
    """The patch may not be applied as it stands; the message says what is missing."""


@dataclass(frozen=True)
class Approval:
    """What a person, or the policy, said yes to: the digest that was shown, and the exposure that goes with it."""

    digest: str
    by: str
    exposure: bool = False


def check_approval(patch: Patch, approval: Approval) -> Verdict:
    """The approval gate. Raises ApprovalError where the yes does not cover this patch."""
    if patch.status is not PatchStatus.AWAITING_APPROVAL:
        raise ApprovalError(
            f"patch {patch.id} is {patch.status.value}: only one that awaits approval can be approved"
        )
    if approval.digest != patch.digest:
        raise ApprovalError(
            f"patch {patch.id} changed since it was shown (digest {patch.digest[:12]}): look at it again"
        )
    if patch.consent and not approval.exposure:
        raise ApprovalError(f"patch {patch.id} raises exposure and needs an explicit yes: {patch.consent[0]}")
    return verdict(
        "approval", True, by=approval.by, digest=patch.digest, exposure_consent=bool(patch.consent)
    )


def promote(
    system: System,
    store: BundleStore,
    place: SandboxPlace,
    patch: Patch,
    approval: Approval,
    tests: Mapping[str, str],
) -> Patch:
    """Apply, verify in place, roll back on failure. The patch comes back ``applied`` (``provisional``
    where it is new logic or new numbers) or ``rolled_back``, with the approval
    and the after_apply verdict among its gates.

    Raises ApprovalError, and ApplyError where the person's files are no longer the patch's base; nothing changed then."""
    agreed = check_approval(patch, approval)
    guard = SafetyGuard(system)
    guard.before_modification(patch)
    apply_patch(system, store, patch)
    checks = (lambda: _in_place(system, store, place, patch, tests),)
    verdicts = guard.after_modification(patch, checks)
    undone = guard.rollback_if_needed(patch, verdicts)
    provisional = patch.kind in (PatchKind.ENHANCEMENT, PatchKind.TUNING)  # until fresh bars confirm
    stands = PatchStatus.PROVISIONAL if provisional else PatchStatus.APPLIED
    status = PatchStatus.ROLLED_BACK if undone is not None else stands
    consented = tuple(_with_consent(v, approval) for v in patch.gates)
    return replace(patch, status=status, gates=(*consented, agreed, *verdicts))


def _with_consent(given: Verdict, approval: Approval) -> Verdict:
    if given.name != "exposure_consent" or given.verdict is not GateVerdict.UNKNOWN:
        return given
    evidence = {**given.evidence, "yes": True, "by": approval.by}
    evidence.pop("why", None)
    return Verdict(given.name, GateVerdict.PASS, evidence)


def _in_place(
    system: System, store: BundleStore, place: SandboxPlace, patch: Patch, tests: Mapping[str, str]
) -> Verdict:
    """What now stands in the folder is what was judged, and the finding's test passes on it."""
    now = store.snapshot(system)
    differing = sorted(f for f in store.changed(patch.bundle, now) if system.editable(f))
    report: dict[str, object] = {"bundle": now[:12], "differs_from_judged": differing}
    ok = not differing
    if tests:
        name = next(n for n in tests if n.endswith(".py"))
        command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{FOLDER}/{name}")
        files = {f"{FOLDER}/{n}": text for n, text in tests.items()}
        own = system.config.system
        job = Job(
            now,
            command,
            extra=files,
            extra_bytes=system.test_data(),
            environment=own.environment,
            stubs=tuple(own.stubs),
        )
        result = run_job(place, replace(job, environment={**own.environment, **ALONE}))
        if not passed(result):
            result = run_job(place, job)
        report |= {"test": name, "exit_code": result.exit_code}
        ok = ok and passed(result)
    return verdict("after_apply", ok, **report)
