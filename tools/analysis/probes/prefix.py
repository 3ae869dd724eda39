"""Invariant: a decision does not change when the future arrives.

The strategy sees the bars up to a cut, and then the same bars with a future: the real one, and a scrambled one.
What it decided before the cut must be the same to within rounding. The cuts stand just after the signals of
the trades that earned most, since random cuts miss sparse look-ahead. Where it breaks, each suspect of the static
detector is neutralised in a copy: the one without which the invariant holds is the culprit. Where none is, the values that
get a name are overheard, and the first whose past changes is (see origin.py).

False-positive risks: whole-sample numerics (an FFT, an unstable recursion) may round differently on a longer input;
the tolerance is 1e-9 relative. A strategy that memorised the answers passes: only unseen data catches that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tools.analysis.lookahead.ask import asking
from tools.analysis.lookahead.check import TOLERANCE, check_lookahead, cuts_of, first_break
from tools.analysis.probes.base import UNPLACED, Conviction, TestPlan, change_at, make_finding
from tools.analysis.probes.futures import turned
from tools.analysis.probes.neutralise import forward_places, neutralise
from tools.analysis.probes.origin import forward_functions, origins
from tools.analysis.probes.watch import Watched
from tools.analysis.study import Study, differs
from tools.contracts import Decisions, Finding, Market, Severity

#: Cuts where the strategy is shown its bars one by one.
FEW_CUTS = 4
#: Lines tried one by one where no suspect explains it.
MOST_PLACES = 16


class PrefixProbe:
    """Cuts and scrambled futures."""

    name = "prefix_consistency"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a culprit, or one for the strategy where no suspect explains it."""
        for place, (symbol, market) in enumerate(study.sample(3 if study.shown_ahead else 1).items()):
            whole = study.decisions[symbol]
            search = place == 0 and study.shown_ahead
            broken = self.first_break(study, study.bundle, market, whole, search=search)
            if broken is not None:
                return self._write_up(
                    study, market, broken, [s for s in suspects if s.category == "lookahead"]
                )
        return []

    def first_break(
        self, study: Study, bundle: str, market: Market, whole: Decisions, *, search: bool = False
    ) -> dict[str, Any] | None:
        """The first cut at which the past changes, with what changed; None when it never does."""
        ask = asking(study, bundle)
        if study.shown_ahead:
            broken = check_lookahead(ask, market, whole, study.backtests[market.symbol], search=search).broken
        else:  # a later bar would have to come from elsewhere: a few cuts tell
            cuts = cuts_of(market, whole, study.backtests[market.symbol])
            broken = first_break(ask, market, whole, cuts[:: max(1, len(cuts) // FEW_CUTS)])
        if broken is None:
            return None
        return {
            "probe": self.name,
            "cut": broken.cut,
            "future": broken.future,
            "decisions_changed": broken.bars,
            **change_at(market, whole, broken.then, broken.bar),
        }

    def holds(self, study: Study, bundle: str, market: Market, cut: int) -> bool:
        """Whether a changed bundle keeps the invariant on this market, at the cut where it broke and at others."""
        whole = study.runner.decide(bundle, market).decisions
        if whole is None:
            return False
        cuts = dict.fromkeys([cut, *cuts_of(market, whole, study.backtests[market.symbol])])
        return first_break(asking(study, bundle), market, whole, list(cuts)) is None

    def _write_up(
        self, study: Study, market: Market, broken: dict[str, Any], suspects: Sequence[Finding]
    ) -> list[Conviction]:
        plan = self._plan(study, market, broken)
        cut = int(broken["cut"])
        culprits = self._culprits(study, market, suspects, cut) or self._searched(study, market, cut)
        culprits = culprits or self._overheard(study, market, plan)
        found = [
            make_finding(
                "lookahead",
                Severity.CRITICAL,
                (s.file, s.line, str(s.details.get("expression", s.summary))),
                f"{s.summary} Decisions on bars before {broken['time']} change when later bars arrive.",
                broken,
                s.details,
            )
            for s in culprits
        ]
        if not found:
            file, line = study.target_place
            text = "The strategy sees the future: past decisions change when later bars arrive; the place was not isolated."
            where = (file, line, "strategy")
            found = [make_finding("lookahead", Severity.CRITICAL, where, text, broken, UNPLACED)]
        return [Conviction(f, plan) for f in found]

    def _culprits(self, study: Study, market: Market, suspects: Sequence[Finding], cut: int) -> list[Finding]:
        """Suspects without which the past stands still: one alone, else the smallest set by leave-one-out."""
        bundles = {s.id: neutralise(study, [s]) for s in suspects}
        alone = [s for s in suspects if (b := bundles[s.id]) and self.holds(study, b, market, cut)]
        alone = alone or [
            s
            for s in suspects
            if (b := neutralise(study, [s], scalar=True)) and self.holds(study, b, market, cut)
        ]
        if alone:
            return alone[:1]
        usable = [s for s in suspects if bundles[s.id]]
        together = neutralise(study, usable) if len(usable) > 1 else None
        if together is None or not self.holds(study, together, market, cut):
            return []
        rests = {s.id: [u for u in usable if u is not s] for s in usable}
        return [s for s in usable if not self._holds_without(study, market, rests[s.id], cut)]

    def _searched(self, study: Study, market: Market, cut: int) -> list[Finding]:
        """Where the static reading lost the way: the first line whose causal counterpart mends it."""
        for place in forward_places(study)[:MOST_PLACES]:
            bundle = neutralise(study, [place])
            if bundle is not None and self.holds(study, bundle, market, cut):
                return [place]
        return []

    def _overheard(self, study: Study, market: Market, plan: TestPlan | None) -> list[Finding]:
        """Where no line has a causal counterpart: the first named value whose past changes."""
        if plan is None:
            return []
        window = market.cut(plan.start, plan.stop)
        cut = int(plan.arguments["cut"])
        named = origins(study, window, cut)
        moving = [
            w for w in forward_functions(study, window, cut) if not any(_within(study, n, w) for n in named)
        ]
        return [
            make_finding(
                "lookahead",
                Severity.CRITICAL,
                (w.file, w.line, w.text),
                f"`{w.text}` ({w.name} in {w.function}()) is the first value whose past depends on later bars.",
                {},
                {"expression": w.text},
            )
            for w in (moving or named)[:1]
        ]

    def _holds_without(self, study: Study, market: Market, suspects: list[Finding], cut: int) -> bool:
        bundle = neutralise(study, suspects)
        return bundle is not None and self.holds(study, bundle, market, cut)

    def _plan(self, study: Study, market: Market, broken: dict[str, Any]) -> TestPlan | None:
        """A window that ends some way after the cut and still breaks."""
        cut = int(broken["cut"])
        for past, future in ((400, 200), (1500, 500), (4000, 2000), (cut, len(market) - cut)):
            start, stop = max(0, cut - past), min(len(market), cut + future)
            window = market.cut(start, stop)
            whole = study.runner.decide(study.bundle, window).decisions
            part = study.runner.decide(study.bundle, window.cut(0, cut - start)).decisions
            if whole is None:
                continue
            known = Decisions(market.symbol, whole.values[: cut - start])
            if part is not None and differs(known, part, tolerance=TOLERANCE).any():
                return TestPlan("prefix", market.symbol, start, stop, {"cut": cut - start})
            other = study.runner.decide(study.bundle, turned(window, cut - start)).decisions
            if other is not None:
                later = Decisions(market.symbol, other.values[: cut - start])
                if differs(known, later, tolerance=TOLERANCE).any():
                    prices = list(market.columns_of("price"))
                    return TestPlan(
                        "prefix_scrambled", market.symbol, start, stop, {"cut": cut - start, "prices": prices}
                    )
        return None


def _within(study: Study, item: Watched, function: Watched) -> bool:
    """Whether a named value stands in a function, so that it tells the place more exactly; not what the function returns."""
    inside = item.file == function.file and item.function.rpartition(".")[2] == function.function
    return inside and item.name != function.function
