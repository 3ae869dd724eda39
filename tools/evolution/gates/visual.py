"""Gate: where the system has dashboards they are valid before and after, and differences are explained.

This version of Mendel looks at no page yet, and says so: ``unknown`` is not ``pass``, and does not block.
"""

from __future__ import annotations

from tools.contracts import GateVerdict, Verdict
from tools.evolution.gates.base import Case


class VisualGate:
    """Dashboards."""

    name = "visual"

    def judge(self, case: Case) -> Verdict:
        """Always ``unknown``, with the reason."""
        pages = case.before.system.config.dashboards.pages
        why = "dashboards are not looked at yet" if pages else "the system has no dashboards"
        return Verdict(self.name, GateVerdict.UNKNOWN, {"pages": list(pages), "why": why})
