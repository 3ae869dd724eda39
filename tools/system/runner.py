"""Asks the sandbox what a bundle decides on a market, and remembers the answers."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from sandbox.host.contracts import Evaluation, Outcome, Setting, Status, Trace
from tools.contracts import Decisions, Market, MendelError
from tools.system.adapters.registry import adapter_for
from tools.system.bundles import BundleStore
from tools.system.memo import MarketHashes, Memo
from tools.system.system import System

_MEMO_BYTES = 512 * 1024 * 1024
#: How a run that says something about the strategy ends. The others may end otherwise the next time.
_FINAL = frozenset({Status.OK, Status.REJECTED})


class Evaluator(Protocol):
    """The part of the sandbox that is used here."""

    def evaluate(self, evaluation: Evaluation) -> Outcome:
        """Run one candidate on one symbol."""
        ...

    def evaluate_many(self, evaluations: list[Evaluation]) -> list[Outcome]:
        """Run several, answers in the order asked."""
        ...


@dataclass(frozen=True)
class Decided:
    """What a bundle decided on one market; ``decisions`` is None unless the outcome is ``ok``."""

    symbol: str
    decisions: Decisions | None
    outcome: Outcome


class StrategyFailed(MendelError):  # noqa: N818 - it is the strategy that failed, not we
    """The strategy did not come to a decision. ``status`` and ``reason`` are the sandbox's."""

    def __init__(self, symbol: str, status: Status, reason: str) -> None:
        self.symbol, self.status, self.reason = symbol, status, reason
        why = " ".join(reason.split())
        super().__init__(f"{symbol}: the strategy gave no decisions ({status}): {why}; {remedy_of(status)}")


def remedy_of(status: Status) -> str:
    """What a person can do about an evaluation that ended so."""
    if status in (Status.REFUSED, Status.INFRASTRUCTURE):
        return "see: mendel doctor"
    if status is Status.TIMEOUT:
        return "let it wait for nothing, or raise [sandbox] wall_s in mendel.toml"
    return "mend the strategy and run it again"


def require(decided: Decided) -> Decisions:
    """The decisions, or StrategyFailed with the sandbox's reason in one line."""
    if decided.decisions is None:
        raise StrategyFailed(decided.symbol, decided.outcome.status, decided.outcome.reason)
    return decided.decisions


class Runner:
    """Runs bundles of one system. Answers to the same question come from memory: a run is assumed to depend
    on (bundle, market, overrides, trace, repeat) alone, which the determinism probe tests by ``fresh``."""

    def __init__(self, system: System, sandbox: Evaluator, store: BundleStore) -> None:
        self.system, self.sandbox, self.store = system, sandbox, store
        self.adapter = adapter_for(system.config.strategy.kind)
        self._hashes = MarketHashes()
        self._memo: Memo[Decided] = Memo(_MEMO_BYTES, _size)

    def decide(
        self,
        bundle: str,
        market: Market,
        *,
        overrides: Mapping[str, Setting] | None = None,
        trace: Trace | None = None,
        repeat: int = 1,
        fresh: bool = False,
    ) -> Decided:
        """What ``bundle`` decides on one market. A failure is an answer, not an exception: see ``require``.
        ``fresh`` runs again even where the answer is known."""
        asked = {market.symbol: market}
        answers = self.decide_many(
            bundle, asked, overrides=overrides, trace=trace, repeat=repeat, fresh=fresh
        )
        return answers[market.symbol]

    def decide_many(
        self,
        bundle: str,
        markets: Mapping[str, Market] | Iterable[Market],
        *,
        overrides: Mapping[str, Setting] | None = None,
        trace: Trace | None = None,
        repeat: int = 1,
        fresh: bool = False,
    ) -> dict[str, Decided]:
        """The same for several markets at once, by the key they were given under (their symbol)."""
        named = (
            dict(markets) if isinstance(markets, Mapping) else {market.symbol: market for market in markets}
        )
        asked = _settings_key(bundle, overrides, trace, repeat)
        keys = {name: (asked, self._hashes.of(market)) for name, market in named.items()}
        known = {} if fresh else {name: self._memo.get(key) for name, key in keys.items()}
        missing = [name for name in named if known.get(name) is None]
        evaluations = [
            self.adapter.evaluation(
                self.system, bundle, named[name], overrides=overrides, trace=trace, repeat=repeat
            )
            for name in missing
        ]
        outcomes = self.sandbox.evaluate_many(evaluations) if evaluations else []
        answers = {name: self._decided(named[name], o) for name, o in zip(missing, outcomes, strict=True)}
        for name, answer in answers.items():
            if answer.outcome.status in _FINAL:
                self._memo.put(keys[name], answer)
        return {name: answers.get(name) or _present(known[name]) for name in named}

    def _decided(self, market: Market, outcome: Outcome) -> Decided:
        """The outcome's raw table and conversation are dropped: the decisions hold what matters of them."""
        if outcome.status is not Status.OK:
            return Decided(market.symbol, None, outcome)
        decisions = self.adapter.decisions(market, outcome)
        return Decided(market.symbol, decisions, replace(outcome, decisions=decisions.values, dialogue=None))


def _present(answer: Decided | None) -> Decided:
    assert answer is not None
    return answer


def _settings_key(
    bundle: str, overrides: Mapping[str, Setting] | None, trace: Trace | None, repeat: int
) -> Hashable:
    settings = tuple(sorted((name, type(value).__name__, value) for name, value in (overrides or {}).items()))
    return bundle, settings, _trace_key(trace), repeat


def _trace_key(trace: Trace | None) -> Hashable:
    if trace is None:
        return None
    replayed = tuple(
        sorted((slot, hashlib.sha256(values.tobytes()).hexdigest()) for slot, values in trace.replay.items())
    )
    return trace.slots, tuple(sorted(trace.forced.items())), replayed, trace.record, trace.by_bar


def _size(answer: Decided) -> int:
    outcome = answer.outcome
    held = [outcome.decisions, outcome.trace, *outcome.series.values()]
    return 1024 + sum(values.nbytes for values in held if values is not None)
