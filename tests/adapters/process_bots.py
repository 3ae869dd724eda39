"""Runs small bots in one sandbox: a bot is the body of ``process`` or a whole file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.host.contracts import SandboxPlace
from sandbox.host.sandbox import Sandbox
from tools.contracts import Market
from tools.system.bundles import BundleStore
from tools.system.runner import Decided, Runner
from tools.system.system import System

TARGET = "bot:process"


class Bots:
    """``ask(body)`` answers for ``def process(dataset, portfolio_state): body``."""

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        self.root, self.sandbox = root, sandbox

    def ask(self, body: str, market: Market, *, settings: str = "", file: str = "", **more: str) -> Decided:
        """``file`` is the whole of bot.py instead; ``settings`` are lines of [strategy] (target among them) and further
        sections; ``more`` are further files by name without ending."""
        text = file or "def process(dataset, portfolio_state):\n" + textwrap.indent(
            textwrap.dedent(body), "    "
        )
        for name, source in {"bot": text, **more}.items():
            (self.root / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        target = "" if "target =" in settings else f'target = "{TARGET}"\n'
        toml = f'[strategy]\nkind = "process"\n{target}{settings}\n'
        (self.root / "mendel.toml").write_text(toml, encoding="utf-8")
        system = System.open(self.root)
        runner = Runner(system, self.sandbox, BundleStore(system.bundles))
        return runner.decide(runner.store.snapshot(system), market)


@contextmanager
def bots(root: Path) -> Iterator[Bots]:
    """One sandbox for many bots."""
    (root / "mendel.toml").write_text(
        f'[strategy]\nkind = "process"\ntarget = "{TARGET}"\n', encoding="utf-8"
    )
    system = System.open(root)
    with Sandbox(SandboxPlace(system.bundles, system.python)) as sandbox:
        yield Bots(root, sandbox)
