"""From a finding to patches that could repair it, best first. Nothing of the person's is touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tools.analysis.study import Study
from tools.contracts import Finding, Patch, PatchKind, PatchStatus
from tools.evolution.codemods.base import Change, Codemod, RepairError
from tools.evolution.codemods.scale_free.codemod import ScaleFreeThreshold
from tools.system.bundles import patch_digest

CODEMODS: tuple[Codemod, ...] = (
    ScaleFreeThreshold("absolute_threshold"),
    ScaleFreeThreshold("absolute_price"),
)


@dataclass(frozen=True)
class Proposal:
    """A patch with the numbers that its codemod chose."""

    patch: Patch
    change: Change


def codemod_for(finding: Finding) -> Codemod | None:
    """The codemod of a finding's category, None where there is none yet, or no condition to rewrite."""
    fitting = [c for c in CODEMODS if c.category == finding.category]
    if "unit" in finding.details and not finding.details.get("conditions"):
        return None
    return next(iter(fitting), None)


def proposals(study: Study, finding: Finding) -> Iterator[Proposal]:
    """The variants of a repair, lazily. Raises RepairError when there is no way at all."""
    codemod = codemod_for(finding)
    if codemod is None:
        raise RepairError(
            f"{finding.category}: there is no codemod for this kind of defect; mend {finding.file}:{finding.line} by hand"
        )
    sources = study.store.sources(study.bundle)
    seen: set[str] = {study.bundle}
    reasons: list[RepairError] = []
    for variant in range(codemod.variants):
        try:
            change = codemod.change(sources, finding, variant)
        except RepairError as error:
            reasons.append(error)
            continue
        bundle = study.store.derive(study.bundle, dict(change.files))
        if bundle not in seen:
            seen.add(bundle)
            yield Proposal(make_patch(study, finding, change, bundle), change)
    if len(seen) == 1:
        raise (
            reasons[0]
            if reasons
            else RepairError(f"{finding.file}:{finding.line}: no variant changes the code")
        )


def make_patch(study: Study, finding: Finding, change: Change, bundle: str) -> Patch:
    """The patch from the study's bundle to ``bundle``."""
    diff = study.store.diff(study.bundle, bundle)
    digest = patch_digest(study.bundle, bundle, diff)
    return Patch(
        id=hashlib.sha256(f"{finding.id}{digest}".encode()).hexdigest()[:10],
        kind=PatchKind.FIX,
        status=PatchStatus.PROPOSED,
        digest=digest,
        base=study.bundle,
        bundle=bundle,
        files=study.store.changed(study.bundle, bundle),
        diff=diff,
        rationale=change.rationale,
        finding=finding.id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
