"""``mendel ledger``: the append-only record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mendel.commands.common import NO, Answer, JsonOption, SystemOption, emit, guarded, say

app = typer.Typer(
    help="The append-only, hash-chained record of what was claimed, judged and changed.", no_args_is_help=True
)


@app.command("show")
@guarded
def show(
    system: SystemOption = Path(),
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.", show_default=False)] = None,
    limit: Annotated[
        int | None, typer.Option(help="At most so many, the newest.", min=1, show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The entries, oldest first.

    Example: mendel ledger show --kind hypothesis --system my-squeeze
    """
    from agents.desk import Desk

    with Desk(system, reading=True) as desk:
        entries = desk.ledger.entries(kind=kind)
    entries = entries if limit is None else entries[-limit:]
    if as_json:
        emit({"entries": [dict(e.__dict__) for e in entries]})
        return
    for entry in entries:
        say(f"{entry.seq:>5}  {entry.time}  {entry.kind:<12} {entry.hash[:10]}  {entry.body}")
    if not entries:
        say("The ledger is empty.")


@app.command("verify")
@guarded
def verify(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Check the chain from its first entry to its last.

    Example: mendel ledger verify --system my-squeeze
    """
    from agents.desk import Desk

    with Desk(system, reading=True) as desk:
        check = desk.ledger.verify()
    if as_json:
        emit(dict(check.__dict__))
    else:
        say(
            f"{check.entries} entries, the chain holds."
            if check.ok
            else f"broken at entry {check.broken_at}: {check.why}"
        )
    if not check.ok:
        raise Answer(NO)
