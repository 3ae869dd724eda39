"""Gate: a backup exists, and it was restored elsewhere and compared byte for byte."""

from __future__ import annotations

from tools.contracts import Verdict
from tools.evolution.backup import BackupError
from tools.evolution.gates.base import Case, verdict


class BackupGate:
    """See SafetyGuard.before_modification."""

    name = "backup"

    def judge(self, case: Case) -> Verdict:
        """Fails where the bytes cannot be put aside or do not come back."""
        try:
            return case.guard.before_modification(case.patch).verdict()
        except BackupError as error:
            return verdict(self.name, False, why=str(error))
