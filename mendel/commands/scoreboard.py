"""``mendel scoreboard``: how much of what is known to be wrong the analyzer finds, and how much it makes up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from mendel.commands.common import DataOption, JsonOption, emit, guarded, say
from mendel.commands.progress import shown

app = typer.Typer(help="Measure the engine on planted truth.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Measure the engine on planted truth."""


@app.command("bugs")
@guarded
def bugs(
    operators: Annotated[
        str | None, typer.Option(help="Only these mutation operators, by comma.", show_default=False)
    ] = None,
    styles: Annotated[
        str | None, typer.Option(help="Only these base strategies, by comma.", show_default=False)
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Also the cases that were set aside while rules were tuned.")
    ] = False,
    data: DataOption = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps answers, so that a run can go on.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Plant one defect at a time in clean strategies and count what analyze convicts: recall, precision, seconds.

    Runs on generated candles, and on yours with --data as well. Interrupted, it goes on where it was.

    Example: mendel scoreboard bugs --operators whole_sample,backfill --styles trend --held-out --json
    """
    from lab.bugs.measure import measure_bugs
    from lab.bugs.text import scoreboard_text

    with shown("scoreboard") as progress:
        document: dict[str, Any] = measure_bugs(
            operators=_names(operators),
            styles=_names(styles),
            held_out=held_out,
            data=data,
            out=out or _kept(),
            progress=progress,
        )
    if as_json:
        emit(document)
    else:
        say(scoreboard_text(document))


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _kept() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "mendel" / "scoreboard"
