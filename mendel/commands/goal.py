"""``mendel goal``: what a system should become better at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import JsonOption, SystemOption, emit, guarded, say

if TYPE_CHECKING:
    from agents.desk import Desk

app = typer.Typer(help="Goals: what the next cycles take up first.", no_args_is_help=True)


@app.command("add")
@guarded
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to reach, in your own words.")],
    symbol: Annotated[
        list[str] | None, typer.Option(help="A symbol it is about; may be repeated.", show_default=False)
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="drawdown, sharpe, win_rate, costs, exposure, trades or profit.", show_default=False
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="The figure to reach, such as 10% or 1.5.", show_default=False)
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            help='What must hold, such as "max drawdown 10%", "don\'t touch exits" or "only fixes"; may be repeated.',
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            help='What it may cost: "3 cycles", "200 trials", "50k tokens", "$5", "2 weeks" or a last day; may be repeated.',
            show_default=False,
        ),
    ] = None,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Keep a goal. Findings that touch its symbols or what it measures are taken first.

    A patch that breaks a constraint is not proposed. When the budget is used up the goal steers no cycle.

    Example: mendel goal add "make TON trade" --constraint "max drawdown 10%" --budget "5 cycles" --system my-squeeze
    """
    from agents.desk import Desk
    from agents.goals import Asked, add_goal, conditions, known_symbols

    asked = Asked(tuple(symbol or ()), metric, target, tuple(constraint or ()), tuple(budget or ()))
    with Desk(system, reading=True) as desk:
        goal = add_goal(desk.store, text, known_symbols(desk.system), asked)
    if as_json:
        emit(goal)
        return
    say(_line(goal))
    for line in conditions(goal):
        say(f"  {line}")


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
        kept = [g for g in Goals(desk.store).list() if every or g["status"] in ("active", "paused")]
        goals = [{**g, **_cost(desk, g)} for g in kept]
    if as_json:
        emit({"goals": goals})
        return
    for goal in goals:
        say(_line(goal))
        if goal["spent"] and goal["status"] == "active":
            say(f"  budget used up: {goal['spent']}")
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


def _cost(desk: Desk, goal: dict[str, Any]) -> dict[str, Any]:
    from agents.goal_budget import spent

    so_far = spent(desk.store, desk.ledger, goal)
    return {"used": so_far.used, "spent": so_far.why}


def _line(goal: dict[str, Any]) -> str:
    about = ", ".join(goal["symbols"]) or "every symbol"
    return f"{goal['id']}  {goal['status']:<8} {goal['target']}  ({about}; {goal['metric'] or 'whatever concerns it'})"
