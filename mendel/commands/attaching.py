"""``mendel attach``: look at a system, write its mendel.toml, try it once, and say what was seen."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import JsonOption, SystemOption, YesOption, chosen, emit, guarded, note, say
from mendel.commands.progress import Progress, shown

if TYPE_CHECKING:
    from tools.contracts import Costs, Decisions, Market
    from tools.system.attach import AttachReport
    from tools.system.attaching import Tried
    from tools.system.candidates import Candidate
    from tools.system.detect import Detected
    from tools.system.dry_run import DryRun

_REMEDIES = {
    "columns": "the data has none of that name: name other data, or leave them out",
    "modules": "install them for [system] python, or have them stubbed by [system] stubs",
    "environment": "made-up values: [system] environment",
}
_DAY_MINUTES = 1440
_SYNTH_BARS = 5000


@guarded
def attach(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", help="Folder of the trading system, or its strategy's file.", show_default=False
        ),
    ] = None,
    system: SystemOption = Path(),
    target: Annotated[
        str | None, typer.Option(help="The strategy, as module:name.", show_default=False)
    ] = None,
    data: Annotated[str | None, typer.Option(help="Glob of the candle files.", show_default=False)] = None,
    yes: YesOption = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a mendel.toml that is there.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run/--no-dry-run", help="Evaluate the strategy once, in the sandbox.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Look at a trading system, write its mendel.toml, and try it once in the sandbox.

    Example: mendel attach ~/bots/breakout --data '~/candles/*-5m.parquet'
    """
    from tools.system.attach import prepare, write

    asks = _Asks(yes)
    choose = asks.choose if asks.can_ask else None
    found = prepare(chosen(path, system), target=target, yes=yes, data=data, force=force, choose=choose)
    tried = _tried(found, asks) if dry_run else None
    report = tried.report if tried else write(found)
    if as_json:
        emit(_document(report, tried))
    else:
        _tell(report, tried)


class _Asks:
    """Questions at the terminal; ``--yes`` agrees to what is offered, nobody at the keyboard to nothing."""

    def __init__(self, yes: bool) -> None:
        self._yes = yes
        self.can_ask = not yes and sys.stdin.isatty() and sys.stderr.isatty()
        #: Whose spinner has to stand still meanwhile.
        self.progress: Progress | None = None

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Which candidate is the strategy."""
        for number, candidate in enumerate(candidates, 1):
            note(f"  {number}  {candidate.target}  ({candidate.file}:{candidate.line}, {candidate.kind})")
        while True:
            typed = _typed(f"Which is the strategy? [1-{len(candidates)}, default 1]: ") or "1"
            if typed.isdigit() and 1 <= int(typed) <= len(candidates):
                return candidates[int(typed) - 1]

    def agree(self, question: str) -> bool:
        """Whether to do what is offered."""
        if not self.can_ask:
            return self._yes
        with self.progress.paused() if self.progress else nullcontext():
            return _typed(f"{question} [Y/n]: ").lower() in ("", "y", "yes")


def _typed(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise typer.Abort
    return line.strip()


def _tried(found: Detected, asks: _Asks) -> Tried:
    from tools.system.attaching import Attaching

    with shown("attaching") as progress:
        asks.progress = progress
        return Attaching(asks.agree, _made_up, _trades, progress).run(found)


def _trades(market: Market, decisions: Decisions, costs: Costs) -> int:
    from tools.backtest.simulate import simulate

    return len(simulate(market, decisions, costs).trades)


@contextmanager
def _made_up(minutes: int) -> Iterator[str]:
    """A glob of two generated symbols, long enough for most indicators."""
    from lab.worlds import generate_world, write_world

    usable = (
        minutes if minutes <= _DAY_MINUTES and _DAY_MINUTES % minutes == 0 else min(minutes, _DAY_MINUTES)
    )
    days = min(1500, max(14, _SYNTH_BARS * usable // _DAY_MINUTES))
    world = generate_world(days=days, symbols=["BTCUSDT", "ETHUSDT"], seed=1, timeframe_minutes=usable)
    with tempfile.TemporaryDirectory(prefix="mendel-attach-") as folder:
        write_world(world, Path(folder))
        yield f"{folder}/*.parquet"


def _document(report: AttachReport, tried: Tried | None) -> dict[str, Any]:
    found, first = report.detected, report.strategy
    return {
        "config": str(report.file),
        "kind": first.kind,
        "target": first.target,
        "params": first.params,
        "candidates": [c.target for c in found.candidates if c.target != first.target],
        "root": found.source,
        "entry_points": list(found.entry_points),
        "data": list(found.data),
        "timeframe": first.timeframe or found.timeframe,
        "tests": found.tests,
        "dashboards": {"pages": list(found.pages), "serve": found.serve},
        "environment": [
            {"name": v.name, "file": v.file, "line": v.line, "default": v.default, "needed": v.needed}
            for v in found.environment
        ],
        "stubs": list(found.stubs),
        "python": found.python or sys.executable,
        "unreadable": dict(found.unreadable),
        "settled": list(tried.settled) if tried else [],
        "notes": list(report.notes),
        "dry": _dry(tried.dry) if tried else None,
    }


def _dry(dry: DryRun) -> dict[str, Any]:
    return {
        "status": dry.status,
        "reason": dry.reason,
        "synthetic": dry.synthetic,
        "symbol": dry.symbol,
        "timeframe_minutes": dry.timeframe_minutes,
        "bars": dry.bars,
        "decisions": None if dry.decisions is None else dict(dry.decisions),
        "trades": dry.trades,
        "columns": list(dry.columns),
        "columns_read": None if dry.columns_read is None else list(dry.columns_read),
        "roles": {role: list(names) for role, names in dry.roles.items()},
        "missing": {what: list(names) for what, names in dry.missing.items()},
        "stub_calls": [{"name": name, "calls": calls} for name, calls in dry.stub_calls.items()],
        "notes": list(dry.notes),
        "seconds": round(dry.seconds, 2),
    }


def _tell(report: AttachReport, tried: Tried | None) -> None:
    first = report.strategy
    say(f"{report.file}: written. The strategy is {first.target} ({first.kind}).")
    for line in [*report.notes, *(tried.settled if tried else ())]:
        say(f"  {line}")
    if tried is not None:
        _tell_dry(tried.dry)


def _tell_dry(dry: DryRun) -> None:
    where = f"{dry.symbol}, {dry.bars:,} bars of {dry.timeframe_minutes} m" if dry.bars else "no bars"
    made_up = ", a market made up for this" if dry.synthetic else ""
    say(f"Dry run: {dry.status} ({where}{made_up}; {dry.seconds:.1f} s)")
    if dry.reason:
        say(f"  {dry.reason}")
    if dry.decisions is not None:
        said = ", ".join(f"{name} {count:,}" for name, count in dry.decisions.items() if count)
        say(f"  decides  {said or 'nothing on any bar'}; {dry.trades:,} trades")
    if dry.columns_read is not None:
        unread = [name for name in dry.columns if name not in dry.columns_read]
        say(f"  reads    {', '.join(dry.columns_read) or 'no column'}; not {', '.join(unread) or 'none'}")
    roles = ", ".join(
        f"{name} = {role}" for role, names in dry.roles.items() if role != "price" for name in names
    )
    if roles and dry.status == "ok":
        say(f"  roles    {roles}")
    for what, names in dry.missing.items():
        if names and what != "hooks":  # those are among the notes
            say(f"  missing {what}: {', '.join(names)}  ({_REMEDIES[what]})")
    if dry.stub_calls:
        say(f"  stubs    {', '.join(f'{name} x {n}' for name, n in list(dry.stub_calls.items())[:8])}")
    for line in dry.notes:
        say(f"  {line}")
