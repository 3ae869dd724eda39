"""``mendel patch``: look at patches, approve, reject, roll back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import NO, Answer, JsonOption, SystemOption, emit, guarded, note, say

if TYPE_CHECKING:
    from agents.desk import Desk

app = typer.Typer(help="Look at patches; approve, reject or roll them back.", no_args_is_help=True)
PatchArgument = Annotated[str, typer.Argument(metavar="ID", help="The patch, or the start of its id.")]


def _public(document: dict[str, Any], *, diff: bool = True) -> dict[str, Any]:
    hidden = {"finding_record"} if diff else {"finding_record", "diff"}
    return {k: v for k, v in document.items() if k not in hidden}


@contextmanager
def _desk(system: Path) -> Iterator[Desk]:
    """The desk to write at. What it put right after an engine that was killed is said first."""
    from agents.desk import Desk

    with Desk(system) as desk:
        for line in desk.recovered:
            note(line)
        yield desk


@app.command("list")
@guarded
def list_patches(system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Every patch of the system, the newest first.

    Example: mendel patch list --system my-squeeze
    """
    from agents.desk import Desk

    with Desk(system, reading=True) as desk:
        patches = [_public(p, diff=False) for p in desk.patches.list()]
    if as_json:
        emit({"patches": patches})
        return
    for p in patches:
        say(f"{p['id']}  {p['kind']:<11} {p['status']:<18} {', '.join(p['files'])}")
    if not patches:
        say("No patches yet. Next: mendel evolve")


@app.command("show")
@guarded
def show_patch(patch: PatchArgument, system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """The diff, the reasons and the gates of one patch.

    Example: mendel patch show 1a2b3c --system my-squeeze
    """
    from agents.desk import Desk

    with Desk(system, reading=True) as desk:
        document = _public(desk.patches.get(patch))
    if as_json:
        emit(document)
        return
    say(f"Patch {document['id']}, {document['kind']}, {document['status']}, digest {document['digest'][:12]}")
    say(document["rationale"] + "\n")
    say(document["diff"])
    for gate in document["gates"]:
        say(f"  {gate['verdict']:<12} {gate['name']}")
    for question in document.get("consent", []):
        say(f"Needs an explicit yes: {question}")


@app.command("approve")
@guarded
def approve_patch(
    patch: PatchArgument,
    system: SystemOption = Path(),
    digest: Annotated[
        str | None,
        typer.Option(
            help="Digest that you were shown; refused if the patch changed since.", show_default=False
        ),
    ] = None,
    yes_exposure: Annotated[
        bool, typer.Option("--yes-exposure", help="Yes to more trades or newly active symbols.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Apply a patch that awaits approval.

    Example: mendel patch approve 1a2b3c --yes-exposure --system my-squeeze
    """
    from agents.reviewer import approve
    from tools.evolution.apply import ApplyError
    from tools.evolution.promote import Approval, ApprovalError
    from tools.records import patch_from

    with _desk(system) as desk:
        document = desk.patches.get(patch)
        known = patch_from(document)
        if digest is not None and not known.digest.startswith(digest):
            raise Answer(
                NO,
                f"patch {known.id} has digest {known.digest[:12]}, not {digest}: it changed; look at it again",
            )
        try:
            approval = Approval(known.digest, "a person", yes_exposure)
            done = approve(desk, desk.cycle_of(known.id), known, approval)
        except (ApprovalError, ApplyError) as error:
            raise Answer(NO, str(error)) from None
        final = _public(desk.patches.get(known.id))
    if as_json:
        emit(final)
    else:
        say(f"Patch {done.id}: {done.status.value}. To undo it: mendel patch rollback {done.id}")
    if not done.status.stands:
        raise Answer(NO, f"patch {done.id} did not stand in place and was rolled back")


@app.command("reject")
@guarded
def reject_patch(patch: PatchArgument, system: SystemOption = Path(), as_json: JsonOption = False) -> None:
    """Say no to a patch that awaits approval.

    Example: mendel patch reject 1a2b3c --system my-squeeze
    """
    from agents.reviewer import reject
    from tools.records import patch_from

    with _desk(system) as desk:
        document = desk.patches.get(patch)
        if document["status"] != "awaiting_approval":
            raise Answer(
                NO,
                f"patch {document['id']} is {document['status']}: only one that awaits approval can be rejected",
            )
        reject(desk, desk.cycle_of(document["id"]), patch_from(document), "a person")
        final = _public(desk.patches.get(document["id"]))
    if as_json:
        emit(final)
    else:
        say(f"Patch {final['id']}: rejected. Nothing was changed.")


@app.command("rollback")
@guarded
def rollback(
    patch: PatchArgument,
    system: SystemOption = Path(),
    force: Annotated[bool, typer.Option("--force", help="Also where files were changed since.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore every byte that a patch changed.

    Example: mendel patch rollback 1a2b3c --system my-squeeze
    """
    from agents.reviewer import roll_back
    from tools.evolution.rollback import RollbackError

    with _desk(system) as desk:
        try:
            done = roll_back(desk, patch, force=force)
        except RollbackError as error:
            raise Answer(NO, str(error)) from None
        final = _public(desk.patches.get(done.patch))
    if as_json:
        emit({**final, "restored": list(done.files), "overwritten": list(done.overwritten)})
    else:
        say(f"Patch {done.patch}: rolled back. Restored {', '.join(done.files)}.")
