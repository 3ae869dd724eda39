"""Why a symbol is silent: the conditions on the way to an order, how often each lets through, and which one blocks.

Traced rates only suggest. A condition *blocks* when a re-run with it held open gives the symbol trades that it does not
have. Where several do, the one that makes the others catch up is the root; where none does alone, the fewest that do
together are named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tools.analysis.silence.by_bar import Seen, seen_by_bar
from tools.analysis.silence.chain import Chain, Shut, chains
from tools.analysis.silence.cost import starved
from tools.analysis.silence.instrument import Condition, leaves
from tools.analysis.silence.needs import Need, need_of
from tools.analysis.silence.regimes import by_regime
from tools.analysis.silence.reruns import BEHIND, Answer, Key, opening
from tools.analysis.study import Study

#: Re-runs for one symbol: the conditions whose rate falls behind the others' the most.
MOST_RERUNS = 14
#: Where no symbol trades, a gate that is open less often than this is worth a re-run.
RARE = 0.2
#: Symbols whose entries tell the chain.
SOURCES = 3


@dataclass(frozen=True)
class Gate:
    """One condition seen from one symbol. Rates are of the outcome that opens it; None = never asked (a rate) or not
    tried (a count). ``counterfactual_trades`` are the trades with it held open, one that is still open at the end too;
    ``counterfactual_entries`` how often an entry begins to be asked for then."""

    file: str
    line: int
    condition: str
    function: str
    opens_when: bool
    pass_rate: float | None
    pass_rate_elsewhere: float | None
    blocking: bool = False
    counterfactual_trades: int | None = None
    counterfactual_entries: int | None = None
    need: Need | None = None

    def to_json(self) -> dict[str, Any]:
        """The shape of ``mendel why-silent``."""
        return {**self.__dict__, "need": None if self.need is None else dict(self.need.__dict__)}


@dataclass(frozen=True)
class Silence:
    """The answer about one symbol. ``gates`` in the order of the code; ``trades_if_open`` with all blocking ones held open."""

    symbol: str
    trades: int
    starved: bool
    gates: tuple[Gate, ...]
    reference: str
    elsewhere: dict[str, int] = field(default_factory=dict)
    trades_if_open: int | None = None
    chains: tuple[Chain, ...] = ()
    regimes: tuple[dict[str, Any], ...] = ()
    unseen: tuple[tuple[str, int, str], ...] = ()

    @property
    def silent(self) -> bool:
        """Starved beside the others, or without a trade."""
        return self.starved or self.trades == 0

    @property
    def blocking(self) -> Gate | None:
        """The condition that keeps the symbol from trading; the first of several that do so together."""
        return next((g for g in self.gates if g.blocking), None)

    @property
    def joint_rate(self) -> float | None:
        """How often every gate of an entry is open at once, of the entry for which that is most often so."""
        return max((c.joint_rate for c in self.chains if c.joint_rate is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        """The shape of ``mendel why-silent``."""
        return {
            "symbol": self.symbol,
            "trades": self.trades,
            "starved": self.starved,
            "silent": self.silent,
            "reference": self.reference,
            "trades_elsewhere": self.elsewhere,
            "joint_rate": self.joint_rate,
            "blocking": [g.to_json() for g in self.gates if g.blocking],
            "trades_if_open": self.trades_if_open,
            "gates": [g.to_json() for g in self.gates],
            "chains": [c.to_json() for c in self.chains],
            "regimes": list(self.regimes),
            "unseen": [{"file": f, "line": n, "why": why} for f, n, why in self.unseen],
        }


def why_silent(study: Study, symbol: str) -> Silence:
    """The funnel of one symbol. It is told for a symbol that trades, too; nothing blocks then."""
    conditions = [c for c in leaves(study.instrumented.conditions) if _asked(study, c)]
    others = [s for s in study.by_activity if s != symbol and study.trades(s) and not starved(study, s)]
    usual = {(c.slot, v): _elsewhere(study, others, c.slot, v) for c in conditions for v in (True, False)}
    silent = starved(study, symbol) or study.trades(symbol) == 0
    answer = Answer({}, (), None)
    if silent:
        tries = _worth_trying(study, symbol, conditions, usual)
        answer = opening(study, symbol, tries, usual, _enough(study, symbol))
    here = seen_by_bar(study, study.markets[symbol], conditions)
    found = _chains(study, symbol, conditions, others, here, answer.forced)
    return Silence(
        symbol=symbol,
        trades=study.trades(symbol),
        starved=starved(study, symbol),
        gates=tuple(_gate(study, symbol, c, usual, answer, found) for c in conditions),
        reference=study.by_activity[0],
        elsewhere={s: study.trades(s) for s in study.by_activity if s != symbol},
        trades_if_open=answer.trades,
        chains=tuple(found),
        regimes=tuple(by_regime(study, symbol, found, here)),
        unseen=study.instrumented.unseen,
    )


def _asked(study: Study, condition: Condition) -> bool:
    rates = [study.rates[s].get(condition.slot) for s in study.markets]
    return any(r is not None and r.evaluated and r.boolean for r in rates)


def _rate(study: Study, symbol: str, slot: int, outcome: bool) -> float | None:
    rate = study.rates[symbol].get(slot)
    return None if rate is None else rate.share_of(outcome)


def _elsewhere(study: Study, others: list[str], slot: int, outcome: bool) -> float | None:
    known = [r for s in others if (r := _rate(study, s, slot, outcome)) is not None]
    return median(known) if known else None


def _enough(study: Study, symbol: str) -> float:
    most = max(study.trades(s) for s in study.markets)
    return max(study.trades(symbol) + 1, 0.01 * most)


def _worth_trying(
    study: Study, symbol: str, conditions: list[Condition], usual: dict[Key, float | None]
) -> list[Key]:
    """(slot, outcome) pairs that are rarer here than elsewhere, the widest gap first; where no other symbol trades, the
    rarest ones."""
    ranked: list[tuple[float, int, bool]] = []
    for slot, outcome in usual:
        here, there = _rate(study, symbol, slot, outcome), usual[slot, outcome]
        if there is None and (here or 0.0) < RARE:
            ranked.append(((here or 0.0) - RARE, slot, outcome))
        elif there and (here is None or here < BEHIND * there):
            ranked.append(((here or 0.0) - there, slot, outcome))
    ranked.sort()
    return [(slot, outcome) for _, slot, outcome in ranked[:MOST_RERUNS]]


def _chains(
    study: Study,
    symbol: str,
    conditions: list[Condition],
    others: list[str],
    here: Seen | None,
    forced: tuple[Key, ...],
) -> list[Chain]:
    """Told by the entries of the symbol itself and of the busiest others; where there are none, by its own with the
    blocking gates held open."""
    markets = {s: study.markets[s] for s in others[:SOURCES]}
    sources = {s: seen for s, m in markets.items() if (seen := seen_by_bar(study, m, conditions)) is not None}
    if here is not None:
        sources[symbol] = here
    found = chains(conditions, sources, here, {}, _shut(study, {}))
    if found or not forced:
        return found
    freed = seen_by_bar(study, study.markets[symbol], conditions, dict(forced))
    return (
        []
        if freed is None
        else chains(conditions, {symbol: freed}, here, dict(forced), _shut(study, dict(forced)))
    )


def _shut(study: Study, forced: dict[int, bool]) -> Shut:
    """The proof that a gate is needed: a re-run with it held shut."""

    def needed(symbol: str, slot: int, outcome: bool, decision: str) -> bool:
        if slot in forced:
            return True
        asked = {**forced, slot: not outcome}
        answer = study.traced({symbol: study.markets[symbol]}, forced=asked)[symbol]
        return answer.decisions is None or not (answer.decisions.column(decision) > 0).any()

    return needed


def _gate(
    study: Study,
    symbol: str,
    condition: Condition,
    usual: dict[Key, float | None],
    answer: Answer,
    found: list[Chain],
) -> Gate:
    slot = condition.slot
    opens = _opens_when(slot, answer, found)
    run = answer.singles.get((slot, opens))
    rate = study.rates[symbol].get(slot)
    return Gate(
        file=condition.file,
        line=condition.line,
        condition=condition.text,
        function=condition.function,
        opens_when=opens,
        pass_rate=_rate(study, symbol, slot, opens),
        pass_rate_elsewhere=usual[slot, opens],
        blocking=(slot, opens) in answer.forced,
        counterfactual_trades=None if run is None else run.trades,
        counterfactual_entries=None if run is None else run.entries,
        need=None if rate is None else need_of(rate, condition.op, opens, usual[slot, opens]),
    )


def _opens_when(slot: int, answer: Answer, found: list[Chain]) -> bool:
    """The outcome that blocks where it is missing, else the one that a chain wants, else the one that was tried first."""
    wanted = [v for s, v in answer.forced if s == slot]
    wanted += [link.opens_when for c in found for link in c.links if link.condition.slot == slot]
    wanted += [v for s, v in answer.singles if s == slot]
    return wanted[0] if wanted else True
