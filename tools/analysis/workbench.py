"""A system with its sandbox, its bundles and its markets, opened once and closed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.analysis.study import Progress, Study, quiet
from tools.market.regimes_trades import KnownLabels
from tools.system.adapters.registry import reporter_for
from tools.system.bundles import BundleStore
from tools.system.markets import SystemMarkets, load_system_markets
from tools.system.runner import Runner
from tools.system.system import System


class Workbench:
    """Use it as a context manager. ``data`` is a glob that replaces ``[data] path``; ``symbols`` keeps some. ``unsafe`` runs
    the person's own code where isolation cannot be proven; nothing may be promoted on such a run."""

    def __init__(
        self,
        system: System | str | Path,
        *,
        data: str | None = None,
        symbols: Sequence[str] | None = None,
        unsafe: bool = False,
        progress: Progress = quiet,
    ) -> None:
        opened = system if isinstance(system, System) else System.open(system)
        self.system = opened if data is None else replace(opened, data=data)
        self.progress, self.unsafe = progress, unsafe
        progress("loading markets")
        self.data: SystemMarkets = load_system_markets(self.system, data=data, symbols=symbols)
        self.store = BundleStore(self.system.bundles)
        self.place = SandboxPlace(self.system.bundles, self.system.python)
        self.store.snapshot(self.system)  # the store must exist before the sandbox binds it
        settings = self.system.config.sandbox
        self.sandbox = Sandbox(self.place, limits=settings.limits(), zygotes=settings.zygotes, unsafe=unsafe)
        self.runner = Runner(self.system, self.sandbox, self.store)
        self.known_labels = KnownLabels()
        self._studies: dict[str, Study] = {}

    @property
    def reports(self) -> bool:
        """Whether the strategy's own command reports figures, instead of giving decisions."""
        return reporter_for(self.system) is not None

    def study(self, bundle: str | None = None) -> Study:
        """The study of a bundle; None = the person's files as they are now. Kept, so that it is made once."""
        digest = bundle or self.store.snapshot(self.system)
        if digest not in self._studies:
            costs = self.system.config.costs.costs()
            self._studies[digest] = Study(
                self.system,
                self.store,
                self.runner,
                digest,
                self.data.markets,
                costs,
                self.data.until_ns,
                self.progress,
                self.known_labels,
            )
        return self._studies[digest]

    def close(self) -> None:
        """End the sandbox's processes."""
        self.sandbox.close()

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
