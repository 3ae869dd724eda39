"""ConceptDiscovery: ideas about a market, tested like a scientist would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from memory.ledger import Ledger
from memory.store import STORE_NAME, Store
from tools.contracts import Market
from tools.discovery.compile import USEFUL_BPS, Compiled, Wishes, compile_claim
from tools.discovery.errors import DiscoveryError, UntestableError
from tools.discovery.opportunities import find_opportunities
from tools.discovery.patterns import Pattern, discover
from tools.discovery.principles import Principle, extract_principle
from tools.discovery.record import HypothesisRecord
from tools.discovery.result import HypothesisResult
from tools.discovery.spec import HypothesisSpec
from tools.discovery.standard import standard_claims
from tools.discovery.validate import validate
from tools.system.markets import SystemMarkets, load_system_markets
from tools.system.system import System

Progress = Callable[[str], None]
#: The store of a system, in its state folder.


def _quiet(_: str) -> None:
    """The progress of nobody."""


class ConceptDiscovery:
    """Opens a system (its folder, or a System) and tests claims on its markets; a context manager. ``data`` is a glob of
    candles that replaces ``[data] path``. Nothing after the vault's start is looked at. Results go into the ledger of
    ``store``, by default the system's own; a store that is given is not closed. ``markets`` are taken as they are where they are loaded already. ``strict`` budgets errors for any
    dependence between tests. Raises MendelError, one line."""

    def __init__(
        self,
        system: System | str | Path,
        data: str | None = None,
        *,
        store: Store | None = None,
        ledger: Ledger | None = None,
        markets: SystemMarkets | None = None,
        strict: bool = False,
        progress: Progress = _quiet,
    ) -> None:
        self.system = system if isinstance(system, System) else System.open(system)
        self.progress = progress
        self._stack = ExitStack()
        if markets is None:
            progress("loading markets")
            markets = load_system_markets(self.system, data=data)
        self.data: SystemMarkets = markets
        if ledger is None:
            owned = store or self._stack.enter_context(Store(self.system.state / STORE_NAME))
            ledger = Ledger(owned)
        self.record = HypothesisRecord(ledger, strict=strict)

    @property
    def markets(self) -> Mapping[str, Market]:
        """Symbol -> its bars before the vault."""
        return self.data.markets

    @property
    def until(self) -> str:
        """Where the data ends: the vault's start, ISO, UTC."""
        return self.data.until

    def validate_hypothesis(
        self,
        text: str | HypothesisSpec,
        symbol: str | Sequence[str] | None = None,
        horizon: str | None = None,
        *,
        threshold: float | None = None,
        useful_bps: float = USEFUL_BPS,
        estimate: bool = False,
    ) -> HypothesisResult:
        """Tests a claim in words (or a spec) once and for all; asked again on the same bars, the ledger answers.

        ``symbol`` narrows it to one or several; ``horizon`` ("15m"), ``threshold`` (in the template's unit) and ``useful_bps``
        override the words and the template; ``estimate`` allows flow estimated from candles where there is no other. A
        claim that cannot be tested gets the verdict ``untestable`` and costs nothing."""
        symbols = [symbol] if isinstance(symbol, str) else symbol
        wishes = Wishes(horizon, threshold, useful_bps, estimate)
        asked = text if isinstance(text, str) else text.claim
        try:
            compiled = (
                compile_claim(text, self.markets, symbols=symbols, wishes=wishes)
                if isinstance(text, str)
                else self._known(text)
            )
        except UntestableError as error:
            return HypothesisResult(
                asked, asked, None, "untestable", f"Untestable: {error}. Nothing was spent.", until=self.until
            )
        self.progress(f"testing: {compiled.spec.claim}")
        return validate(asked, compiled, self.markets, self.until, self.record)

    def validate_hypotheses(
        self, claims: Sequence[str | HypothesisSpec] | None = None, **wishes: Any
    ) -> list[HypothesisResult]:
        """Tests several claims, each at the level that the ones before left. Without any: the standard ones."""
        chosen = standard_claims(self.markets) if claims is None else list(claims)
        return [self.validate_hypothesis(claim, **wishes) for claim in chosen]

    def discover_patterns(self, *, horizon_minutes: int = 30, most: int = 5) -> list[Pattern]:
        """Rules of depth 2 grown on the first 60 % of the days and confirmed, or not, on the rest; the smallest p first."""
        self.progress("growing rules")
        return discover(self.markets, self.record, horizon_minutes=horizon_minutes, most=most)

    def extract_principle(self, result: HypothesisResult) -> Principle | None:
        """The tested contrast that a supported result stands for; None where it did not hold."""
        return extract_principle(result)

    def extract_principles(self, results: Sequence[HypothesisResult] | None = None) -> list[Principle]:
        """The principles among ``results``, by default among everything that the ledger knows."""
        found = [
            extract_principle(result) for result in (self.record.results() if results is None else results)
        ]
        return [principle for principle in found if principle is not None]

    def find_opportunities(self, performance: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Where to look next: ``[{"kind", "symbols", "text", "next"}]``. ``performance`` is what ``mendel backtest --json``
        prints; what was tested before comes from the ledger."""
        asked = [str(result.spec["template"]) for result in self.record.results() if result.spec]
        return find_opportunities(performance, self.markets, asked, self.extract_principles())

    def _known(self, spec: HypothesisSpec) -> Compiled:
        """A spec that came ready. Its scope must be here."""
        spec.check()
        missing = sorted(set(spec.scope) - set(self.markets))
        if missing:
            raise DiscoveryError(
                f"{', '.join(missing)}: not in the data; choose of {', '.join(sorted(self.markets))}"
            )
        wrong = [s for s in spec.scope if self.markets[s].timeframe_minutes != spec.timeframe_minutes]
        if wrong:
            raise DiscoveryError(
                f"{wrong[0]}: bars are not of {spec.timeframe_minutes} minutes, as the spec says"
            )
        return Compiled(spec, (), {})

    def close(self) -> None:
        """Let go of the store, where it was opened here."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
