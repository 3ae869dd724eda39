"""What is asked of a page. Hygiene and the data chain block; what pixels look like only warns."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tools.vision.checks.chain import chain
from tools.vision.checks.contract import contract
from tools.vision.checks.layout import layout
from tools.vision.checks.loading import loading
from tools.vision.checks.marks import marks
from tools.vision.checks.metrics import metrics
from tools.vision.checks.pixels import pixels
from tools.vision.checks.text import text
from tools.vision.contracts import PageFinding, Shot, Source

Check = Callable[[Shot, Source], Iterator[PageFinding]]
CHECKS: tuple[Check, ...] = (loading, text, layout, contract, chain, marks, metrics, pixels)
MOST_OF_A_KIND = 8


def check(shot: Shot, source: Source | None = None) -> tuple[PageFinding, ...]:
    """Everything found on a page, blocking findings first; of one code at most eight, with the rest counted."""
    found = [finding for one in CHECKS for finding in one(shot, source or Source())]
    by_code: dict[str, list[PageFinding]] = {}
    for finding in found:
        by_code.setdefault(finding.code, []).append(finding)
    kept = [f for group in by_code.values() for f in _few(group)]
    return tuple(sorted(kept, key=lambda f: not f.blocking))


def _few(group: list[PageFinding]) -> list[PageFinding]:
    if len(group) <= MOST_OF_A_KIND:
        return group
    left = group[MOST_OF_A_KIND:]
    more = PageFinding(group[0].code, f"and {len(left)} more of these", any(f.blocking for f in left))
    return [*group[:MOST_OF_A_KIND], more]
