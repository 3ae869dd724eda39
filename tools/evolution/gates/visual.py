"""Gate: where the system has dashboards they are valid before and after, and differences are explained.

The pages of both bundles are built as jobs on the same frozen candles, the newest two weeks before the vault, of the
most traded symbol and of the one that the patch woke, then looked at by one browser. No browser: ``unknown``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.contracts import GateVerdict, Market, MendelError, PatchKind, Verdict
from tools.evolution.gates.base import Case
from tools.system.runner import require
from tools.vision.browser import INSTALL, find_browser
from tools.vision.capture import View
from tools.vision.compare import Difference, differences
from tools.vision.contracts import Look, Source
from tools.vision.dashboards import Built, build_pages, why_not
from tools.vision.explain import Cause, contradicts_source, explain, unexplained
from tools.vision.targets import Target, file_target
from tools.vision.visual_intelligence import Comparison, VisualIntelligence

FOLDER = "vision"
_DAYS, _MOST_SYMBOLS = 14, 2
_MINUTES_A_DAY = 1440
_MOST_TOLD = 12
_PAGE_SECONDS = 40.0


class VisualGate:
    """Dashboards."""

    name = "visual"

    def judge(self, case: Case) -> Verdict:
        """``pass``: valid before and after, every difference explained. ``fail``: the patch broke a page, or changed what it
        shows of the market. ``unknown``: nothing to look at, nothing to look with, broken before, or not explained."""
        why = why_not(case.before.system) or ("" if find_browser() else INSTALL)
        if case.blocked:
            why = f"not looked at: refused already by {', '.join(case.blocked)}"
        if why:
            return self._unknown(why)
        try:
            return self._judge(case)
        except MendelError as error:  # no decisions to compare with, or a browser that does not start
            return self._unknown(str(error))

    def _judge(self, case: Case) -> Verdict:
        pages = [_page(case, symbol) for symbol in _symbols(case)]
        failed = next((p for p in pages if isinstance(p, _Unbuilt)), None)
        if failed is not None:
            return self._unbuilt(failed)
        seen = _look(case, [p for p in pages if isinstance(p, _Pair)])
        late = [
            s.pair.page for s in seen for look in (s.comparison.before, s.comparison.after) if _late(look)
        ]
        if late:  # a busy machine must not refuse a patch
            return self._unknown(f"the browser was not done in time: {', '.join(sorted(set(late)))}")
        return self._weigh(case, seen)

    def _unknown(self, why: str, **evidence: Any) -> Verdict:
        return Verdict(self.name, GateVerdict.UNKNOWN, {"pages": [], "why": why, **evidence})

    def _unbuilt(self, failed: _Unbuilt) -> Verdict:
        if failed.before:
            return self._unknown(f"the pages could not be built before the patch: {failed.before}")
        why = f"the pages can no longer be built: {failed.after}"
        return Verdict(self.name, GateVerdict.FAIL, {"pages": [], "why": why})

    def _weigh(self, case: Case, seen: list[_Seen]) -> Verdict:
        pages = [page.json(case) for page in seen]
        broken = [f"{s.pair.page}: {f.code}: {f.detail}" for s in seen for f in s.comparison.new]
        dark = [(s.pair.page, d) for s in seen for d in unexplained(s.comparison.differences, s.cause)]
        wrong = [
            f"{page}: {d.where} {d.what}" for page, d in dark if contradicts_source(d) or _refactor(case)
        ]
        already = [f"{s.pair.page}: {f.code}" for s in seen for f in s.comparison.before.blocking]
        for verdict, reason, what in (
            (GateVerdict.FAIL, "the patch breaks a page", broken),
            (GateVerdict.FAIL, "the page shows something else without a reason", wrong),
            (GateVerdict.UNKNOWN, "the page was broken before", already),
            (
                GateVerdict.UNKNOWN,
                "differences that nothing explains",
                [f"{p}: {d.where} {d.what}" for p, d in dark],
            ),
        ):
            if what:
                return Verdict(
                    self.name, verdict, {"pages": pages, "why": f"{reason}: {'; '.join(what[:4])}"}
                )
        return Verdict(self.name, GateVerdict.PASS, {"pages": pages})


@dataclass(frozen=True)
class _Pair:
    """The same page built from both bundles, and the candles it was built from."""

    symbol: str
    page: str
    market: Market
    before: bytes
    after: bytes


@dataclass(frozen=True)
class _Unbuilt:
    before: str
    after: str


@dataclass(frozen=True)
class _Seen:
    """A pair, looked at. ``pictures`` are relative to the system's folder."""

    pair: _Pair
    comparison: Comparison
    cause: Cause
    pictures: tuple[str, str]

    def json(self, case: Case) -> dict[str, Any]:
        """Evidence."""
        told = [{**d.json(), "why": explain(d, self.cause)} for d in self.comparison.differences]
        return {
            "page": self.pair.page,
            "symbol": self.pair.symbol,
            "before": self.pictures[0],
            "after": self.pictures[1],
            "findings": [f.json() for f in self.comparison.after.findings],
            "findings_before": [f.json() for f in self.comparison.before.findings],
            "differences": told[:_MOST_TOLD],
            "differences_in_all": len(told),
            "decisions_changed": self.cause.decisions,
        }


def _late(look: Look) -> bool:
    return any(f.code == "timeout" for f in look.findings)


def _refactor(case: Case) -> bool:
    return case.patch.kind is PatchKind.REFACTOR


def _symbols(case: Case) -> list[str]:
    """The most traded symbol, and the one that gained most trades."""
    first = case.before.by_activity[0]
    gains = {s: case.after.trades(s) - case.before.trades(s) for s in case.before.markets if s != first}
    woken = sorted((s for s, gain in gains.items() if gain > 0), key=lambda s: (-gains[s], s))
    return [first, *woken][:_MOST_SYMBOLS]


def _fixture(case: Case, symbol: str) -> Market:
    market = case.before.markets[symbol]
    return market.cut(max(0, len(market) - _DAYS * _MINUTES_A_DAY // market.timeframe_minutes), len(market))


def _page(case: Case, symbol: str) -> _Pair | _Unbuilt:
    market = _fixture(case, symbol)
    build = partial(build_pages, case.before.system, case.place, markets={symbol: market}, most=1)
    with ThreadPoolExecutor(2) as pool:
        before, after = pool.map(lambda bundle: build(bundle=bundle), (case.patch.base, case.patch.bundle))
    missing = set(before.pages) - set(after.pages)
    if before.why or after.why or missing:
        return _Unbuilt(before.why, after.why or f"{', '.join(sorted(missing))} is not written any more")
    name = next(iter(before.pages))
    return _Pair(symbol, name, market, before.pages[name], after.pages[name])


def _look(case: Case, pairs: list[_Pair]) -> list[_Seen]:
    end = max(int(p.market.time[-1]) for p in pairs)
    source = Source({p.symbol: p.market for p in pairs})
    eye = VisualIntelligence(source, View(loopback=False, fixed_time_ns=end, seconds=_PAGE_SECONDS))
    with tempfile.TemporaryDirectory(prefix="mendel-pages-") as folder:
        looks = eye.look_at(list(_targets(Path(folder), pairs)))
    seen = []
    for pair, before, after in zip(pairs, looks[::2], looks[1::2], strict=True):
        comparison = eye.validate_visually(before, after)
        cause = _cause(case, pair, comparison.differences, eye)
        seen.append(_Seen(pair, comparison, cause, _keep(case, pair, before, after)))
    return seen


def _targets(folder: Path, pairs: list[_Pair]) -> Iterator[Target]:
    for number, pair in enumerate(pairs):
        for version, data in (("before", pair.before), ("after", pair.after)):
            path = folder / f"{number}-{version}" / "page.html"
            path.parent.mkdir()
            path.write_bytes(data)
            yield file_target(path)


def _cause(case: Case, pair: _Pair, found: tuple[Difference, ...], eye: VisualIntelligence) -> Cause:
    """What may explain the differences. Only where something is left unexplained the old version is built once more, to see
    what differs by itself."""
    kind = case.patch.kind
    decided = [
        require(study.runner.decide(bundle, pair.market)).values
        for study, bundle in ((case.before, case.patch.base), (case.after, case.patch.bundle))
    ]
    changed = decided[0].tobytes() != decided[1].tobytes()
    cause = Cause(changed, kind is not PatchKind.REFACTOR, kind is PatchKind.ENHANCEMENT)
    if not unexplained(found, cause):
        return cause
    again = build_pages(case.before.system, case.place, case.patch.base, {pair.symbol: pair.market}, most=1)
    return Cause(changed, cause.behaviour, cause.new_panels, _by_itself(pair, again, eye))


def _by_itself(pair: _Pair, again: Built, eye: VisualIntelligence) -> frozenset[tuple[str, str, str]]:
    if pair.page not in again.pages:
        return frozenset()
    twice = _Pair(pair.symbol, pair.page, pair.market, pair.before, again.pages[pair.page])
    with tempfile.TemporaryDirectory(prefix="mendel-pages-") as folder:
        one, other = eye.look_at(list(_targets(Path(folder), [twice])))
    return frozenset(d.key for d in differences(one.shot, other.shot))


def _keep(case: Case, pair: _Pair, before: Look, after: Look) -> tuple[str, str]:
    """Save the pictures; their paths."""
    folder = case.before.system.state / FOLDER / case.patch.id
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for version, look in (("before", before), ("after", after)):
        path = folder / f"{pair.symbol}-{version}.png"
        path.write_bytes(look.shot.png)
        kept.append(path.relative_to(case.before.system.home).as_posix())
    return kept[0], kept[1]


def picture_paths(home: Path, evidence: Mapping[str, Any]) -> list[tuple[str, Path, Path]]:
    """(symbol, before, after) of the pictures that a verdict's evidence names, those that are still there."""
    named = [
        (p["symbol"], home / p["before"], home / p["after"])
        for p in evidence.get("pages", ())
        if isinstance(p, dict)
    ]
    return [(s, b, a) for s, b, a in named if b.is_file() and a.is_file()]
