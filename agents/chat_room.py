"""Where a chat takes place: one system, its memory and what can be named in it. Heavy things are opened when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from agents.chat_intents import Known
from agents.desk import Desk
from agents.goals import known_symbols
from memory.goals import Goals
from tools.analysis.study import Progress, quiet
from tools.system.system import System

#: One cycle with these options; its result as ``mendel evolve --json`` has it, with ``report`` where one was written.
Evolve = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Room:
    """``data`` is a glob that replaces ``[data] path``. ``evolve`` runs a cycle: without it the cycle has no report."""

    folder: Path
    data: str | None = None
    progress: Progress = quiet
    evolve: Evolve | None = None

    @cached_property
    def system(self) -> System:
        """The attached system. Raises ConfigError."""
        return System.open(self.folder)

    @cached_property
    def markets(self) -> tuple[str, ...]:
        """Full names of the markets, as far as file names tell."""
        return tuple(known_symbols(self.system, self.data))

    def desk(self) -> Desk:
        """The system's memory, to look things up and to note; no engine's lock is taken."""
        return Desk(self.system.root, reading=True)

    def known(self) -> Known:
        """What can be named now."""
        with self.desk() as desk:
            patches = tuple(p["id"] for p in desk.patches.list())
            goals = {
                g["id"]: g["target"] for g in Goals(desk.store).list() if g["status"] in ("active", "paused")
            }
        return Known(self.markets, patches, goals)

    def cycle(self, options: dict[str, Any]) -> dict[str, Any]:
        """One cycle in earnest. Raises whatever stands in its way."""
        if self.evolve is not None:
            return self.evolve(options)
        from agents.cycle import run_cycle
        from agents.engine import Engine

        with Engine(self.folder, data=self.data, progress=self.progress) as engine:
            return run_cycle(engine, options)

    def patch(self, patch: str) -> dict[str, Any]:
        """A patch's document. Raises MemoryStoreError."""
        with self.desk() as desk:
            document: dict[str, Any] = desk.patches.get(patch)
            return document


@dataclass(frozen=True)
class Done:
    """What a tool answered: words for a person, the facts behind them (JSON), and whether something was changed or run."""

    reply: str
    facts: Any = None
    acted: bool = False
