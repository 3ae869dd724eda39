"""``mendel optimize``: search a system's numbers, and judge what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import (
    DataOption,
    JsonOption,
    SystemArgument,
    SystemOption,
    chosen,
    emit,
    guarded,
    say,
)
from mendel.commands.progress import shown

if TYPE_CHECKING:
    from tools.contracts import Patch


@guarded
def optimize(
    path: SystemArgument = None,
    system: SystemOption = Path(),
    data: DataOption = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="New candidates to try.")] = 50,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only this symbol; may be repeated.", show_default=False)
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            help="Search this setting only, as NAME or NAME=LOW..HIGH; may be repeated.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the search.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Search the settings on the development segment; a tuning must then be confirmed on later bars. It usually is not.

    Example: mendel optimize my-squeeze --trials 100 --param min_score=4..8 --param stop_atr
    """
    from agents.engine import Engine
    from tools.evolution.judged import record
    from tools.evolution.tune import tune
    from tools.records import patch_json

    def keep(patch: Patch) -> None:
        engine.patches.save({**patch_json(patch), "until": engine.bench.data.until})
        record(engine.ledger, patch)

    with (
        shown("optimizing") as progress,
        Engine(chosen(path, system), data=data, progress=progress) as engine,
    ):
        document = tune(
            engine.bench,
            engine.trials,
            engine.ledger,
            trials=trials,
            symbols=symbol or None,
            params=param or (),
            seed=seed,
            data=data,
            keep=keep,
        )
    if as_json:
        emit(document)
    else:
        say(_text(document))


def _text(document: dict[str, Any]) -> str:
    base, best, plateau = document["base"], document["best"], document["plateau"]
    lines = [
        f"{document['trials']} candidates tried ({document['trials_ever']} ever, {document['duplicates']} duplicates not run, "
        f"{document['stopped_early']} stopped early, {document['failed']} failed)",
        f"on {_span(document['segments']['development'])}; objective: {document['objective']}",
        "",
        f"  as it is       {_number(base['value'])}  ({base['trades']} trades)",
        f"  best           {_number(best and best['value'])}  the peak: mostly luck",
        f"  plateau        {_number(plateau and plateau['value'])}  median of its neighbours",
    ]
    if plateau:
        changed = {n: v for n, v in plateau["params"].items() if v != base["params"][n]}
        lines += [f"    {n}: {base['params'][n]} -> {v}" for n, v in changed.items()]
    lines += ["", _surrogate(document["surrogate_error"]), _importance(document), ""]
    lines += _judged(document)
    return "\n".join([*lines, "", f"Until {document['until']}; nothing after it was looked at."])


def _judged(document: dict[str, Any]) -> list[str]:
    patch = document["patch"]
    if patch is None:
        return [f"No patch: {document['why']}"]
    lines = [f"Patch {patch['id']} (tuning): {patch['status'].replace('_', ' ')}"]
    lines += [f"  {gate['name']:<18} {gate['verdict']:<13} {_why(gate)}" for gate in patch["gates"]]
    if patch["status"] == "awaiting_approval":
        lines.append(f"  To apply it: mendel patch approve {patch['id']}")
    return lines


def _why(gate: dict[str, Any]) -> str:
    evidence = gate["evidence"]
    own = evidence.get("own")
    failing = own.get("new_failures") if isinstance(own, dict) else None
    told = evidence.get("faults") or failing or ()
    return "; ".join(str(f) for f in told) or str(evidence.get("why", ""))


def _importance(document: dict[str, Any]) -> str:
    shares = document["importance"]
    if shares is None:
        return f"importance: unknown ({document['importance_why']})"
    return "importance: " + ", ".join(f"{n} {s:.0%}" for n, s in list(shares.items())[:6])


def _surrogate(error: dict[str, Any]) -> str:
    if error["mae"] is None:
        return "predictions before the test: none (too few candidates)"
    skill = "unknown" if error["skill"] is None else f"{error['skill']:+.0%}"
    return f"predictions before the test: off by {error['mae']:.4f} on average, {skill} better than guessing the mean (n = {error['n']})"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.4f}"


def _span(part: dict[str, str]) -> str:
    return f"{part['from'][:10]} .. {part['until'][:10]}"
