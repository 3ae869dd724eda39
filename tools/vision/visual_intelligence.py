"""Seeing: look at pages as a browser draws them, compare two versions, and say in words what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.vision.capture import View, capture
from tools.vision.checks import check
from tools.vision.compare import Difference, differences, new_blocking
from tools.vision.contracts import Look, PageFinding, Source
from tools.vision.insights import insight
from tools.vision.targets import Target, find_targets


@dataclass(frozen=True)
class Comparison:
    """Two versions of one page. ``valid``: nothing blocks after the change that did not block before."""

    before: Look
    after: Look
    differences: tuple[Difference, ...]
    new: tuple[PageFinding, ...]

    @property
    def valid(self) -> bool:
        """Whether the change broke nothing on the page."""
        return not self.new

    @property
    def same(self) -> bool:
        """Whether charts, fills and figures are exactly as they were."""
        return not self.differences


class VisualIntelligence:
    """Looks at pages on this machine. ``source`` is the truth that pages are held against, where it is known."""

    def __init__(self, source: Source | None = None, view: View | None = None) -> None:
        self.source, self.view = source, view or View()

    def capture_and_analyze(self, target: str | Path | Target) -> Look:
        """One page: its picture, its facts and what is wrong with it. Of a glob, the first page.

        Raises VisionError, one line: no browser, no such page, an address that is not on this machine."""
        return self.look_at([self._targets(target)[0]])[0]

    def look_at(self, targets: Sequence[Target]) -> list[Look]:
        """Several pages in one browser, in order."""
        return [Look(shot, check(shot, self.source)) for shot in capture(targets, self.view)]

    def validate_visually(
        self, before: str | Path | Target | Look, after: str | Path | Target | Look
    ) -> Comparison:
        """Two versions of a page (looks, or what to look at), which should show the same frozen data."""
        asked = [x for x in (before, after) if not isinstance(x, Look)]
        fresh = iter(self.look_at([self._targets(x)[0] for x in asked]) if asked else [])
        old, new = (x if isinstance(x, Look) else next(fresh) for x in (before, after))
        return Comparison(old, new, tuple(differences(old.shot, new.shot)), tuple(new_blocking(old, new)))

    def generate_insights(self, findings: Iterable[PageFinding]) -> list[str]:
        """One sentence for each kind of finding, the worst first: what it means for a reader, and what to do."""
        grouped: dict[str, list[PageFinding]] = {}
        for finding in findings:
            grouped.setdefault(finding.code, []).append(finding)
        order = sorted(grouped.values(), key=lambda g: (not any(f.blocking for f in g), -len(g), g[0].code))
        return [insight(group) for group in order]

    @staticmethod
    def _targets(target: str | Path | Target) -> list[Target]:
        return [target] if isinstance(target, Target) else find_targets(str(target))
