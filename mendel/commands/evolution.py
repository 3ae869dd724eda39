"""``mendel evolve`` and ``mendel demo``: a whole cycle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mendel.commands.common import (
    DataOption,
    JsonOption,
    SystemArgument,
    SystemOption,
    chosen,
    emit,
    guarded,
    note,
)
from mendel.commands.progress import shown

DEMO_DAYS, DEMO_SEED = 90, 7


def cycle(
    folder: Path, data: str | None, options: dict[str, Any], report: Path | None, title: str, *, ask: bool
) -> dict[str, Any]:
    """Run one cycle and write its report; the result with the report's path."""
    from agents.cycle import nobody, run_cycle
    from agents.engine import Engine
    from mendel.commands.asking import ask_person
    from mendel.report.page import write_report

    with shown(title) as progress, Engine(folder, data=data, progress=progress) as engine:
        for line in engine.recovered:
            note(line)

        def person(request: dict[str, Any]) -> dict[str, Any]:
            with progress.paused():
                return ask_person(request)

        result = run_cycle(engine, options, person if ask else nobody)
        study = engine.study(engine.bundles.snapshot(engine.system))
        path = report or engine.system.state / "reports" / f"{result['cycle']}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        waivers = {w.gate: w.reason for w in engine.system.config.policy.waivers}
        write_report({**result, "architecture": study.architecture.to_json(), "waivers": waivers}, path)
    return {**result, "report": str(path.resolve())}


def show(result: dict[str, Any]) -> None:
    """One screen."""
    from rich.console import Console

    from mendel.report.summary import print_summary

    print_summary(result, Console(), Path(result["report"]))


@guarded
def evolve(
    path: SystemArgument = None,
    system: SystemOption = Path(),
    data: DataOption = None,
    yes_fixes: Annotated[
        bool,
        typer.Option(
            "--yes-fixes",
            help="Apply every fix that passes its gates, exposure included. Other kinds still wait.",
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where to write the HTML report.", show_default=False)
    ] = None,
    forever: Annotated[
        bool, typer.Option("--forever", help="Go on: a cycle whenever source or candles are new.")
    ] = False,
    interval: Annotated[
        str | None,
        typer.Option(help="With --forever: pause between two looks, such as 15m or 1h.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Understand, repair and prove: one cycle on your system, or one after the other.

    Example: mendel evolve my-squeeze --data 'candles/*-5m.parquet' --yes-fixes
    """
    if forever or interval is not None:
        return _forever(chosen(path, system), data, {"yes_fixes": yes_fixes}, interval, as_json)
    ask = not as_json and not yes_fixes and sys.stdin.isatty()
    result = cycle(chosen(path, system), data, {"yes_fixes": yes_fixes}, report, "evolving", ask=ask)
    if as_json:
        emit(result)
    else:
        show(result)


def _forever(
    folder: Path, data: str | None, options: dict[str, Any], interval: str | None, as_json: bool
) -> None:
    """Cycles until ``mendel stop`` or Ctrl-C; with --json one document a line for each cycle."""
    import asyncio
    import json

    from agents.loop import evolution_loop
    from mendel.commands.loop import interval_of
    from tools.records import jsonable

    def tell(result: dict[str, Any]) -> None:
        if as_json:
            sys.stdout.write(json.dumps(jsonable(result), ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            statuses = ", ".join(f"{p['id']} {p['status']}" for p in result["patches"]) or "no patch"
            note(f"cycle {result['cycle']}: {len(result['findings'])} findings, {statuses}")

    pause = interval_of(interval) if interval is not None else None
    with shown("evolving") as progress:
        asyncio.run(
            evolution_loop(
                folder, interval=pause, data=data, options=options, on_cycle=tell, progress=progress
            )
        )


@guarded
def demo(
    path: Annotated[Path, typer.Argument(help="New folder; a number is added where it exists.")] = Path(
        "demo-squeeze"
    ),
    days: Annotated[int, typer.Option(help="Days of generated candles.", min=20, max=730)] = DEMO_DAYS,
    as_json: JsonOption = False,
) -> None:
    """Copy the example, generate a market with planted truth, and run one cycle. No key, no network.

    Example: mendel demo
    """
    from mendel.commands.start import copy_example

    folder = copy_example(_free(path))
    with shown("generating a market") as progress:
        from lab.worlds import generate_world, write_world

        progress(f"generating {days} days of six symbols")
        write_world(generate_world(days=days, seed=DEMO_SEED), folder / "data")
    result = cycle(folder, None, {"yes_fixes": True}, folder / "report.html", "evolving", ask=False)
    if as_json:
        emit(result)
    else:
        show(result)


def _free(path: Path) -> Path:
    names = [path, *(path.with_name(f"{path.name}-{k}") for k in range(2, 1000))]
    return next(p for p in names if not p.exists())
