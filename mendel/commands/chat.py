"""``mendel chat``: talk about a system; one turn with --once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import DataOption, JsonOption, SystemOption, emit, guarded, note, say

if TYPE_CHECKING:
    from agents.chat import Chat

#: A second Ctrl-C within this many seconds ends the chat.
TWICE_SECONDS = 2.0


@guarded
def chat(
    once: Annotated[
        str | None, typer.Option("--once", metavar="TEXT", help="One turn, then end.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Understand what is said, and do nothing.")
    ] = False,
    system: SystemOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask, set goals and decide in your own words. Ctrl-C ends a turn; twice, or Ctrl-D, ends the chat.

    Without --once it talks until you leave. --dry-run only says what it would do.

    Example: mendel chat --once "why is TON silent?" --json --system my-squeeze
    """
    with _opened(system, data) as talk:
        if once is not None:
            document = talk.turn(once, dry_run=dry_run, show=_nothing if as_json else _piece)
            if as_json:
                emit(document)
            else:
                sys.stdout.write("\n")
        else:
            _converse(talk, dry_run, as_json)


@contextmanager
def _opened(system: Path, data: str | None) -> Iterator[Chat]:
    from agents.chat import Chat
    from agents.chat_room import Room
    from agents.model import open_model
    from mendel.commands.evolution import cycle

    def evolve(options: dict[str, Any]) -> dict[str, Any]:
        return cycle(system, data, options, None, "evolving", ask=False)

    room = Room(system, data, progress=lambda step: note(f"  … {step}"), evolve=evolve)
    with room.desk() as desk:
        model = open_model(desk.system.config.model, desk.ledger)
        if model is not None:
            model.begin(f"chat-{time.time_ns():x}")
        yield Chat(room, model, note)


def _nothing(_: str) -> None:
    """Not shown while it arrives."""


def _piece(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _converse(talk: Chat, dry_run: bool, as_json: bool) -> None:
    """Turns until the end of the input; with --json one document a line for each turn."""
    asking = sys.stdin.isatty()
    if asking:
        say("Ask about your system, or say: help. Ctrl-C ends a turn, Ctrl-D the chat.")
    last = -TWICE_SECONDS
    while True:
        try:
            line = _line(asking)
            if line is None or line.strip().lower() in {"exit", "quit", "bye"}:
                return
            if line.strip():
                _turn(talk, line, dry_run, as_json)
        except KeyboardInterrupt:
            sys.stdout.write("\n")
            if time.monotonic() - last < TWICE_SECONDS:
                return
            last = time.monotonic()
            note("interrupted. Ctrl-C again ends the chat")


def _line(asking: bool) -> str | None:
    """What is typed next, None at the end."""
    if not asking:
        return sys.stdin.readline() or None
    with suppress(ImportError):
        import readline  # noqa: F401 - arrow keys and history
    try:
        return input("you> ")
    except EOFError:
        sys.stdout.write("\n")
        return None


def _turn(talk: Chat, line: str, dry_run: bool, as_json: bool) -> None:
    import json

    from tools.errors import MendelError
    from tools.records import jsonable

    try:
        document = talk.turn(line, dry_run=dry_run, show=_nothing if as_json else _piece)
    except MendelError as error:
        note(str(error))
        return
    if as_json:
        _piece(json.dumps(jsonable(document), ensure_ascii=False) + "\n")
        return
    struck = document["claims"]["struck"]
    _piece(f"\n({struck} of {document['claims']['checked']} claims struck out)\n\n" if struck else "\n\n")
