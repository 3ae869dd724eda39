"""A running total is used as if its level meant something: it only depends on where the data starts.

Suspects: a relative change, a ratio, a logarithm of a running total, or its comparison with a fixed level (zero
too). Differences and deviations of it are sound and silent, and so is a total that starts anew in each group.
"""

from __future__ import annotations

from collections.abc import Iterable

from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity

WORDS = {"pct_change": "the relative change", "division": "a ratio", "level": "the level"}


def detect(code: Code) -> Iterable[Suspect]:
    """Operations on running totals that depend on the first bar."""
    for event in code.flow.events:
        totals = [o for o in event.sources if o.kind == "cumulated"]
        if not totals or event.file not in code.arch.relevant or event.kind == "diff":
            continue
        file = code.tree.files[event.file]
        total = sorted(totals)[0]
        what = WORDS.get(event.kind, "the logarithm")
        text = (
            f"`{file.segment(event.node)}` takes {what} of a running total ({total.file}:{total.line}): "
            "it depends on where the data happens to start."
        )
        details = {"operation": event.kind, "total": {"file": total.file, "line": total.line}}
        yield Suspect(file, event.node, event.function, "cumulative_origin", Severity.HIGH, text, details)
