"""One system on one set of markets, with everything that the probes ask again and again kept at hand.

A study never sees the vault: its markets end at ``until_ns``. Answers are memoised by the runner.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sandbox.host.contracts import Feed, Setting, Trace
from sandbox.host.parse import check_sources
from tools.analysis.architecture.data_settings import MOST_BYTES, SUFFIXES
from tools.analysis.architecture.report import Architecture, analyze_architecture
from tools.analysis.silence.instrument import Instrumented, instrument
from tools.analysis.silence.rates import Rate, decode
from tools.analysis.source import SourceFile, SourceTree
from tools.backtest.simulate import simulate
from tools.contracts import Backtest, Costs, Decisions, Floats, Market
from tools.market.regimes import Labels
from tools.market.regimes_trades import KnownLabels
from tools.system.bundles import BundleStore
from tools.system.runner import Decided, Runner, require
from tools.system.system import System

Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """The progress of nobody."""


@dataclass
class Study:
    """``bundle`` is the version under study; ``markets`` end before the vault; costs are the system's own."""

    system: System
    store: BundleStore
    runner: Runner
    bundle: str
    markets: Mapping[str, Market]
    costs: Costs
    until_ns: int
    progress: Progress = field(default=quiet)
    #: Shared by studies of the same markets, so that each market is labelled once.
    known_labels: KnownLabels = field(default_factory=KnownLabels)
    _run_seconds: float = field(default=0.0, init=False, repr=False, compare=False)

    @property
    def shown_ahead(self) -> bool:
        """Whether later bars exist where the strategy runs. Where they come one by one, a search for peeks finds nothing."""
        return self.runner.adapter.feed is not Feed.STEPPED

    @cached_property
    def tree(self) -> SourceTree:
        """The source of the bundle, parsed where that is safe; what is not is listed as unreadable."""
        sources = self.store.sources(self.bundle)
        return SourceTree.from_files(sources, unreadable=check_sources(sources))

    @cached_property
    def architecture(self) -> Architecture:
        """How the source hangs together and which column reaches which decision."""
        self.progress("reading the source")
        columns = sorted({name for m in self.markets.values() for name in m.columns})
        strategy = self.system.config.strategy
        return analyze_architecture(
            self.tree,
            target=strategy.entry,
            params=strategy.params,
            columns=columns,
            other_files=self.other_files,
        )

    @cached_property
    def other_files(self) -> dict[str, str]:
        """Small texts of the bundle that are no Python: settings, pyproject.toml. What is no UTF-8 is left out."""
        found = {}
        for path, item in self.store.items(self.bundle).items():
            if path.endswith(SUFFIXES) and len(item.data) < MOST_BYTES:
                try:
                    found[path] = item.data.decode("utf-8")
                except UnicodeDecodeError:
                    continue
        return found

    @cached_property
    def target_place(self) -> tuple[str, int]:
        """File and line of the strategy itself, for findings whose place is the whole strategy."""
        module, _, path = (self.system.config.strategy.entry or ":").partition(":")
        file = self.tree.by_module(module)
        if file is None:
            return module.replace(".", "/") + ".py", 1
        names = path.split(".")
        nodes = [
            n
            for n in ast.walk(file.tree)
            if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name in names
        ]
        return file.path, nodes[-1].lineno if nodes else 1

    def own_files(self) -> list[SourceFile]:
        """The product's files that the strategy depends on and a person may edit."""
        relevant = self.architecture.relevant
        return [f for f in self.tree.product() if f.path in relevant and self.system.editable(f.path)]

    @cached_property
    def instrumented(self) -> Instrumented:
        """The bundle with its conditions traced in the files that the strategy reaches; tests and unreadable files are left
        as they are."""
        return instrument(self.store, self.bundle, [file.path for file in self.own_files()])

    @cached_property
    def decisions(self) -> dict[str, Decisions]:
        """What the system decides on every market. Raises StrategyFailed with the sandbox's reason."""
        self.progress("running the strategy")
        started = time.monotonic()
        decided = self.runner.decide_many(self.bundle, self.markets)
        self._run_seconds = time.monotonic() - started
        return {symbol: require(answer) for symbol, answer in decided.items()}

    @property
    def seconds_of_a_run(self) -> float:
        """How long ``decisions`` took, of which an answer that was known already takes next to nothing."""
        return self._run_seconds if self.decisions else 0.0

    @cached_property
    def backtests(self) -> dict[str, Backtest]:
        """The simulated accounts of ``decisions``."""
        return self.simulate(self.decisions)

    def simulate(self, decisions: Mapping[str, Decisions]) -> dict[str, Backtest]:
        """Accounts for any decisions on the study's markets."""
        return {s: simulate(self.markets[s], d, self.costs) for s, d in decisions.items()}

    def labels(self, symbol: str) -> Labels:
        """The regime of each bar, known at its close."""
        return self.known_labels.of(self.markets[symbol])

    def trades(self, symbol: str) -> int:
        """How many closed trades a symbol has."""
        return closed_trades(self.backtests[symbol])

    @cached_property
    def rates(self) -> dict[str, dict[int, Rate]]:
        """For each symbol and each condition, how often it was asked and how often it held."""
        answers = self.traced(self.markets)
        return {symbol: decode(answer.outcome.trace) for symbol, answer in answers.items()}

    def traced(
        self,
        markets: Mapping[str, Market],
        *,
        forced: Mapping[int, bool] | None = None,
        replay: Mapping[int, Floats] | None = None,
        record: tuple[int, ...] = (),
        instrumented: Instrumented | None = None,
        overrides: Mapping[str, Setting] | None = None,
    ) -> dict[str, Decided]:
        """Run the traced bundle; see Trace for what can be asked."""
        traced = instrumented or self.instrumented
        trace = Trace(len(traced.conditions), forced or {}, replay or {}, record)
        return self.runner.decide_many(traced.bundle, markets, trace=trace, overrides=overrides)

    @cached_property
    def by_activity(self) -> list[str]:
        """Symbols, the most traded first; ties by name."""
        return sorted(self.markets, key=lambda s: (-self.trades(s), s))

    def varied(self) -> dict[str, Market]:
        """The sample of three, with the quietest and the cheapest symbol: units matter most there."""
        quiet = min(
            self.markets.values(), key=lambda m: (_middle(m, "volume") * _middle(m, "close"), m.symbol)
        )
        cheap = min(self.markets.values(), key=lambda m: (_middle(m, "close"), m.symbol))
        return {**self.sample(3), quiet.symbol: quiet, cheap.symbol: cheap}

    def sample(self, count: int) -> dict[str, Market]:
        """The most and the least traded symbols, for probes that need not see all."""
        order = self.by_activity
        picked = order[: max(1, count - 1)] + order[-1:]
        return {s: self.markets[s] for s in dict.fromkeys(picked)}


def closed_trades(backtest: Backtest) -> int:
    """Trades, the one that is still open at the end apart."""
    return sum(t.closed for t in backtest.trades)


def _middle(market: Market, column: str) -> float:
    values = market.columns.get(column)
    return float(np.nanmedian(values)) if values is not None and len(values) else 0.0


def differs(a: Decisions, b: Decisions, *, tolerance: float = 0.0) -> np.ndarray:
    """Bool per bar: the two disagree there. ``tolerance`` is relative, for the float columns."""
    gap = np.abs(a.values - b.values)
    return np.asarray((gap > tolerance * np.maximum(np.abs(a.values), 1.0)).any(axis=1))
