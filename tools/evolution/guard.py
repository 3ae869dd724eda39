"""SafetyGuard: a change is backed up and proven restorable before, checked after, and undone if a check fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.contracts import GateVerdict, Patch, Verdict
from tools.evolution.backup import BackupStore, FileState, observe
from tools.evolution.rollback import RolledBack, rollback_patch
from tools.system.system import System

Check = Callable[[], Verdict]


@dataclass(frozen=True)
class Backup:
    """The files of a patch as they are before it; None = not there. Each was restored and compared."""

    patch: str
    files: dict[str, FileState | None]

    def verdict(self) -> Verdict:
        """The backup gate's answer. A backup that does not come back raised already."""
        evidence = {rel: None if state is None else state.sha256 for rel, state in self.files.items()}
        return Verdict("backup", GateVerdict.PASS, {"files": evidence})


class SafetyGuard:
    """Stands around every change of one system's files."""

    def __init__(self, system: System) -> None:
        self.system = system

    def before_modification(self, patch: Patch) -> Backup:
        """Put the patch's files aside and prove, by restoring them elsewhere, that they come back byte for
        byte and mode for mode. Raises BackupError, and then nothing may be changed."""
        backups = BackupStore(self.system)
        states: dict[str, FileState | None] = {}
        for rel in patch.files:
            seen = observe(self.system.root / rel)
            states[rel] = None if seen is None else seen[0]
            if seen is not None:
                backups.put(seen[1])
        backups.prove(states, self.system.root)
        return Backup(patch.id, states)

    def after_modification(self, patch: Patch, checks: Sequence[Check]) -> tuple[Verdict, ...]:
        """The checks' verdicts on the system as it stands now. A check that dies proves nothing: the patch is
        rolled back before its error is passed on."""
        try:
            return tuple(check() for check in checks)
        except BaseException:
            rollback_patch(self.system, patch.id)
            raise

    def rollback_if_needed(self, patch: Patch, verdicts: Sequence[Verdict]) -> RolledBack | None:
        """Roll the patch back if a verdict is ``fail``; None where it may stay."""
        if any(verdict.verdict is GateVerdict.FAIL for verdict in verdicts):
            return rollback_patch(self.system, patch.id)
        return None
