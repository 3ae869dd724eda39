"""``mendel goal``: what a system should become better at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mendel.commands.common import JsonOption, SystemOption, emit, guarded, say

app = typer.Typer(help="Goals: what the next cycles take up first.", no_args_is_help=True)


@app.command("add")
@guarded
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to reach, in your own words.")],
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Keep a goal. Findings that touch its symbols or what it measures are taken first.

    Example: mendel goal add "make TON trade without raising drawdown" --system my-squeeze
    """
    from agents.desk import Desk
    from agents.goals import add_goal, known_symbols

    with Desk(system, reading=True) as desk:
        goal = add_goal(desk.store, text, known_symbols(desk.system))
    if as_json:
        emit(goal)
        return
    say(_line(goal))
    if goal["constraint"]:
        say("  The constraint is shown with every patch; you judge it.")


@app.command("list")
@guarded
def list_goals(
    every: Annotated[bool, typer.Option("--all", help="Also those that were dropped or are done.")] = False,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """The goals, the oldest first.

    Example: mendel goal list --system my-squeeze
    """
    from agents.desk import Desk
    from memory.goals import Goals

    with Desk(system, reading=True) as desk:
        goals = [g for g in Goals(desk.store).list() if every or g["status"] in ("active", "paused")]
    if as_json:
        emit({"goals": goals})
        return
    for goal in goals:
        say(_line(goal))
    if not goals:
        say('No goals. Next: mendel goal add "make TON trade"')


@app.command("drop")
@guarded
def drop(
    goal: Annotated[str, typer.Argument(metavar="ID", help="The goal, or the start of its id.")],
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Stop aiming at a goal.

    Example: mendel goal drop 1a2b3c4d --system my-squeeze
    """
    _change(goal, "dropped", system, as_json)


@app.command("pause")
@guarded
def pause(
    goal: Annotated[str, typer.Argument(metavar="ID", help="The goal, or the start of its id.")],
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Keep a goal and let it steer nothing. To take it up again, add it again.

    Example: mendel goal pause 1a2b3c4d --system my-squeeze
    """
    _change(goal, "paused", system, as_json)


@app.command("done")
@guarded
def done(
    goal: Annotated[str, typer.Argument(metavar="ID", help="The goal, or the start of its id.")],
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Note that a goal is reached.

    Example: mendel goal done 1a2b3c4d --system my-squeeze
    """
    _change(goal, "done", system, as_json)


def _change(goal: str, status: str, system: Path, as_json: bool) -> None:
    from agents.desk import Desk
    from memory.goals import Goals

    with Desk(system, reading=True) as desk:
        row = Goals(desk.store).set_status(goal, status)
    if as_json:
        emit(row)
    else:
        say(_line(row))


def _line(goal: dict[str, Any]) -> str:
    about = ", ".join(goal["symbols"]) or "every symbol"
    return f"{goal['id']}  {goal['status']:<8} {goal['target']}  ({about}; {goal['metric'] or 'whatever concerns it'})"
