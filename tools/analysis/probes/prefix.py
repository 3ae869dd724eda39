"""Invariant: a decision does not change when the future arrives.

The strategy sees the bars up to a cut, and then the same bars with a future: the real one, and a scrambled one.
What it decided before the cut must be the same to within rounding. The cuts stand just after the signals of
the trades that earned most, since random cuts miss sparse look-ahead. Where it breaks, each suspect of the static
detector is neutralised in a copy: the one without which the invariant holds is the culprit.

False-positive risks: whole-sample numerics (an FFT, an unstable recursion) may round differently on a longer input;
the tolerance is 1e-9 relative. A strategy that memorised the answers passes: only unseen data catches that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, change_at, make_finding
from tools.analysis.probes.neutralise import neutralise
from tools.analysis.study import Study, differs
from tools.contracts import Decisions, Finding, Floats, Market, Severity

BEST_TRADES, SPREAD_CUTS = 5, 2
TOLERANCE = 1e-9


class PrefixProbe:
    """Cuts and scrambled futures."""

    name = "prefix_consistency"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a culprit, or one for the strategy where no suspect explains it."""
        for symbol, market in study.sample(3).items():
            broken = self.first_break(study, study.bundle, market, study.decisions[symbol])
            if broken is not None:
                return self._write_up(
                    study, market, broken, [s for s in suspects if s.category == "lookahead"]
                )
        return []

    def first_break(
        self, study: Study, bundle: str, market: Market, whole: Decisions
    ) -> dict[str, Any] | None:
        """The first cut at which the past changes, with what changed; None when it never does."""
        for cut in cuts_of(study, market):
            futures = {"none": market.cut(0, cut), "scrambled": scrambled(market, cut)}
            for future, bars in futures.items():
                then = study.runner.decide(bundle, bars).decisions
                if then is None:
                    continue
                known = Decisions(market.symbol, then.values[:cut])
                changed = np.flatnonzero(
                    differs(Decisions(market.symbol, whole.values[:cut]), known, tolerance=TOLERANCE)
                )
                if changed.size:
                    shown = change_at(market, whole, then, int(changed[-1]))
                    return {
                        "probe": self.name,
                        "cut": cut,
                        "future": future,
                        "decisions_changed": int(changed.size),
                        **shown,
                    }
        return None

    def holds(self, study: Study, bundle: str, market: Market) -> bool:
        """Whether a changed bundle keeps the invariant on this market."""
        whole = study.runner.decide(bundle, market).decisions
        return whole is not None and self.first_break(study, bundle, market, whole) is None

    def _write_up(
        self, study: Study, market: Market, broken: dict[str, Any], suspects: Sequence[Finding]
    ) -> list[Conviction]:
        plan = self._plan(study, market, broken)
        culprits = self._culprits(study, market, suspects)
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
            found = [make_finding("lookahead", Severity.CRITICAL, (file, line, "strategy"), text, broken)]
        return [Conviction(f, plan) for f in found]

    def _culprits(self, study: Study, market: Market, suspects: Sequence[Finding]) -> list[Finding]:
        """Suspects without which the past stands still: one alone, else the smallest set by leave-one-out."""
        bundles = {s.id: neutralise(study, [s]) for s in suspects}
        alone = [s for s in suspects if (b := bundles[s.id]) and self.holds(study, b, market)]
        if alone:
            return alone[:1]
        usable = [s for s in suspects if bundles[s.id]]
        together = neutralise(study, usable) if len(usable) > 1 else None
        if together is None or not self.holds(study, together, market):
            return []
        return [
            s for s in usable if not self._holds_without(study, market, [u for u in usable if u is not s])
        ]

    def _holds_without(self, study: Study, market: Market, suspects: list[Finding]) -> bool:
        bundle = neutralise(study, suspects)
        return bundle is not None and self.holds(study, bundle, market)

    def _plan(self, study: Study, market: Market, broken: dict[str, Any]) -> TestPlan | None:
        """A window that ends some way after the cut and still breaks."""
        cut = int(broken["cut"])
        for past, future in ((400, 200), (1500, 500), (4000, 2000), (cut, len(market) - cut)):
            start, stop = max(0, cut - past), min(len(market), cut + future)
            window = market.cut(start, stop)
            whole = study.runner.decide(study.bundle, window).decisions
            part = study.runner.decide(study.bundle, window.cut(0, cut - start)).decisions
            if whole is None or part is None:
                continue
            known = Decisions(market.symbol, whole.values[: cut - start])
            if differs(known, part, tolerance=TOLERANCE).any():
                return TestPlan("prefix", market.symbol, start, stop, {"cut": cut - start})
        return None


def cuts_of(study: Study, market: Market) -> list[int]:
    """Bar counts: just after the signals of the best trades, and a few evenly spread."""
    trades = sorted(study.backtests[market.symbol].trades, key=lambda t: -t.pnl)[:BEST_TRADES]
    spread = np.linspace(0, len(market), SPREAD_CUTS + 2)[1:-1].astype(int)
    cuts = {t.entry_bar for t in trades} | {int(c) for c in spread}
    return sorted(c for c in cuts if 10 < c < len(market) - 1)


def scrambled(market: Market, cut: int) -> Market:
    """The same past with another future: later bars in shuffled blocks of 12, prices joined at the cut by a factor."""
    order = _shuffled(len(market), cut)
    columns = {name: values[order] for name, values in market.columns.items()}
    factor = 1.25
    for name in market.columns_of("price"):
        later: Floats = columns[name].copy()
        later[cut:] *= factor
        columns[name] = later
    return market.with_columns(columns)


def _shuffled(n: int, cut: int) -> np.ndarray:
    blocks = np.array_split(np.arange(cut, n), max(1, (n - cut) // 12))
    np.random.default_rng(cut).shuffle(blocks)
    return np.concatenate([np.arange(cut), *blocks])
