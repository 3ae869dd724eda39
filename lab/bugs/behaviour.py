"""Whether a mutation really changes what the strategy does, under the stimulus at which its defect shows.

``decisions``: on the plain bars. ``repeat``: on the second call in one process, after another market. ``holes``: where open
interest is missing for some bars in a row. ``gap``: where bars are missing. ``setting``: the clean strategy follows the
knob, the mutant does not. ``fault``: the clean strategy fails, the mutant answers. ``chance``: two fresh runs differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from lab.bugs.operator import Mutant
from lab.bugs.style import Style
from tools.analysis.study import Study
from tools.contracts import Market

BEFORE = "before:"


def changes_behaviour(shows: str, study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    """``study`` is the clean strategy's; ``bundle`` the mutant's."""
    return _STIMULI[shows](study, style, mutant, bundle)


def _differ(study: Study, a: str, b: str, markets: Mapping[str, Market], repeat: int = 1) -> bool:
    """Whether two bundles decide differently on some market; a bundle that fails differs, too."""
    first = study.runner.decide_many(a, markets, repeat=repeat)
    second = study.runner.decide_many(b, markets, repeat=repeat)
    for symbol in markets:
        left, right = first[symbol].decisions, second[symbol].decisions
        if left is None or right is None:
            if (left is None) != (right is None):
                return True
        elif not np.array_equal(left.values, right.values, equal_nan=True):
            return True
    return False


def _decisions(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    """A mutant that raises has another defect than the one that is planted; one that decides out of range has it."""
    answers = study.runner.decide_many(bundle, study.markets).values()
    if any(a.decisions is None and " must be " not in a.outcome.reason for a in answers):
        return False
    return _differ(study, study.bundle, bundle, study.markets)


def _repeat(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    symbols = list(study.markets)
    markets = {}
    for at, symbol in enumerate(symbols):
        own, other = study.markets[symbol], study.markets[symbols[at - 1]].cut(0, len(study.markets[symbol]))
        if len(other) == len(own):
            markets[symbol] = own.with_columns({f"{BEFORE}{n}": v for n, v in other.columns.items()})
    return _differ(study, study.bundle, bundle, markets, repeat=2)


def _holes(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    def holed(market: Market) -> Market:
        gone = np.arange(len(market)) % 150 < 5
        names = market.columns_of("open_interest")
        return market.with_columns({n: np.where(gone, np.nan, market.columns[n]) for n in names})

    return _differ(study, study.bundle, bundle, {s: holed(m) for s, m in study.markets.items()})


def _gap(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    def gapped(market: Market) -> Market:
        stay = np.ones(len(market), dtype=bool)
        stay[len(market) // 3 : len(market) // 3 + 31] = False
        columns = {n: v[stay] for n, v in market.columns.items()}
        return replace(market, time=market.time[stay], columns=columns)

    return _differ(study, study.bundle, bundle, {s: gapped(m) for s, m in study.markets.items()})


def _setting(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    if mutant.knob is None:
        return False
    file, text = mutant.knob
    turned = _turned(text)

    def moves(base: str, files: Mapping[str, str]) -> bool:
        changed = study.store.derive(base, {file: files[file].replace(text, turned)})
        return _differ(study, base, changed, study.markets)

    return moves(study.bundle, style.files) and not moves(bundle, {**style.files, **mutant.files})


def _turned(text: str) -> str:
    """The definition with another number."""
    head, number, tail = re.split(r"([\d.]+)(?=\D*$)", text, maxsplit=1)
    return (
        f"{head}{float(number) / 3:g}{tail}" if "." in number else f"{head}{max(1, int(number) // 3)}{tail}"
    )


def _fault(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    clean = study.store.derive(study.bundle, dict(mutant.clean_faulty))
    failing = study.store.derive(bundle, dict(mutant.faulty))
    symbol = next(iter(study.markets))
    answers = [study.runner.decide(b, study.markets[symbol]).decisions for b in (clean, failing)]
    return answers[0] is None and answers[1] is not None


def _chance(study: Study, style: Style, mutant: Mutant, bundle: str) -> bool:
    for market in study.markets.values():
        once, again = (study.runner.decide(bundle, market, fresh=True).decisions for _ in range(2))
        if once is not None and again is not None and not np.array_equal(once.values, again.values):
            return True
    return False


_STIMULI: dict[str, Callable[[Study, Style, Mutant, str], bool]] = {
    "decisions": _decisions,
    "repeat": _repeat,
    "holes": _holes,
    "gap": _gap,
    "setting": _setting,
    "fault": _fault,
    "chance": _chance,
}
