"""Runs one file that stands alone, a toy or an attack: ``signals(bars)`` or ``on_bar(bar, portfolio)``.

The file becomes a bundle of its own in a folder that is gone afterwards. Its text is parsed in a limited process
first; what cannot be parsed is turned down and never run."""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.host.contracts import Evaluation, Feed, Layer, Limits, Outcome, SandboxPlace, Status
from sandbox.host.janitor import passing_folder
from sandbox.host.parse import check_source
from sandbox.host.sandbox import Sandbox
from sandbox.host.stepped import BarDialogue
from sandbox.host.text import one_line
from tools.backtest.step import PositionAccount
from tools.contracts import Costs, Market, MendelError

FIELDS = ("position",)
#: Shorter than a strategy's own: one file on one symbol answers soon, or not at all.
LONE_LIMITS = Limits(cpu_seconds=20, wall_seconds=30.0)
MOST_BYTES = 2_000_000
_FUNCTIONS = {Feed.WHOLE: "signals", Feed.STEPPED: "on_bar"}
_BUNDLE = "0" * 64
_FILE = "lone_file.py"  # no name of ours, or it would be taken for one in a traceback


class LoneError(MendelError):
    """The file cannot be asked about at all: there is none."""


@dataclass(frozen=True)
class LoneRun:
    """How it ended, the walls that stood around it, and the feed. Without walls nothing may be promoted."""

    outcome: Outcome
    layers: tuple[Layer, ...]
    feed: Feed
    ran: bool

    def to_json(self) -> dict[str, Any]:
        """The document of ``mendel sandbox run``; null where nothing was run or nothing was answered."""
        outcome, answered = self.outcome, self.outcome.decisions
        decisions = None if answered is None else answered[:, 0]
        held = [layer.name for layer in self.layers if layer.ok]
        return {
            "status": outcome.status.value,
            "reason": outcome.reason,
            "layers": held,
            "missing": [dict(layer.__dict__) for layer in self.layers if not layer.ok],
            "decisions": {
                "n": None if decisions is None else len(decisions),
                "nonzero": None if decisions is None else int(np.count_nonzero(decisions)),
            },
            "cpu_ms": outcome.cpu_ms if self.ran else None,
            "wall_ms": outcome.wall_ms if self.ran else None,
            "max_rss_mb": outcome.max_rss_mb if self.ran else None,
            "feed": self.feed.value,
            "promotable": False,
            "isolated": bool(self.layers) and all(layer.ok for layer in self.layers),
            "log": outcome.log,
        }


def run_lone(
    module: Path,
    market: Market,
    *,
    feed: Feed = Feed.WHOLE,
    limits: Limits | None = None,
    unsafe: bool = False,
    costs: Costs | None = None,
    python: Path | None = None,
) -> LoneRun:
    """Ask ``module`` for a target position at every bar. ``stepped`` tells it its portfolio under ``costs``.
    Raises LoneError when there is no such file; every other mishap is a typed outcome."""
    source, wrong = _source(module)
    if wrong is not None:
        return LoneRun(Outcome(Status.REJECTED, one_line(wrong)), (), feed, ran=False)
    with passing_folder("mendel-lone-") as store:  # the sandbox's own user reads it
        (store / _BUNDLE).mkdir()
        (store / _BUNDLE / _FILE).write_bytes(source)
        place = SandboxPlace(store, python or Path(sys.executable))
        asked = _question(market, feed, costs or Costs())
        with Sandbox(place, limits=limits or LONE_LIMITS, unsafe=unsafe) as sandbox:
            layers = sandbox.layers()
            outcome = sandbox.evaluate(asked)
    name = one_line(module.name, 80)
    named = replace(outcome, reason=outcome.reason.replace(_FILE, name), log=outcome.log.replace(_FILE, name))
    return LoneRun(named, layers, feed, ran=outcome.wall_ms > 0.0)


def _question(market: Market, feed: Feed, costs: Costs) -> Evaluation:
    columns: Mapping[str, Any] = market.columns
    stepped = feed is Feed.STEPPED

    def dialogue() -> BarDialogue:
        return BarDialogue(market.time, columns, FIELDS, PositionAccount(market, costs))

    return Evaluation(
        bundle=_BUNDLE,
        adapter="lone",
        target=f"{_FILE}:{_FUNCTIONS[feed]}",
        params=None,
        symbol=market.symbol,
        time=market.time,
        columns=columns,
        fields=FIELDS,
        feed=feed,
        dialogue=dialogue if stepped else None,
    )


def _source(module: Path) -> tuple[bytes, str | None]:
    """The file's bytes, and why it cannot be run (None if it can)."""
    try:
        kind = module.stat().st_mode
        if stat.S_ISDIR(kind):
            return b"", f"{module.name or module} is a folder: name one Python file"
        if not stat.S_ISREG(kind):
            return b"", f"{module.name} is not a regular file: name one Python file"
        with module.open("rb") as handle:
            source = handle.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise LoneError(f"{module}: no such file; name one Python file") from None
    except (OSError, ValueError) as error:
        raise LoneError(
            f"{module}: cannot be read ({error}); name one Python file that you may read"
        ) from None
    return source, _why_not(module.name, source)


def _why_not(name: str, source: bytes) -> str | None:
    if len(source) > MOST_BYTES:
        return f"{name} has more than {MOST_BYTES:,} bytes of source: too large to parse safely"
    if not source.strip():
        return f"{name} is empty: write signals(bars) or on_bar(bar, portfolio)"
    if b"\0" in source:
        return f"{name} holds null bytes: it is no Python source"
    try:
        text = source.decode(
            "utf-8-sig"
        )  # the mark that some editors write in front is no part of the program
    except UnicodeDecodeError as error:
        return f"{name} is not UTF-8 text (byte {error.start}): save it as UTF-8"
    why = check_source(text, max_bytes=MOST_BYTES)
    return None if why is None else f"{name} cannot be parsed: {why}"
