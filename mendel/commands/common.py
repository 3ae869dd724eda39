"""What every command shares: its options, one JSON document on standard output, one line for an error."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

P = ParamSpec("P")
NO, BAD, BROKEN, INTERRUPTED, UNREAD = 1, 2, 70, 130, 141
INTERRUPTED_LINE = "interrupted: nothing was left half done; run it again to go on"
_emitted: ContextVar[bool] = ContextVar("emitted", default=False)

SystemArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[PATH]", help="Folder of the system. Default: --system.", show_default=False),
]
SystemOption = Annotated[Path, typer.Option("--system", help="Folder of the system.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", help="Glob of candle files, instead of [data] path in mendel.toml.", show_default=False
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


class Answer(Exception):  # noqa: N818 - not an error: the command's answer is no
    """Ends a command with an exit code and a line on standard error. With --json the line is the document too, unless one
    was emitted before."""

    def __init__(self, code: int, line: str = "") -> None:
        super().__init__(line)
        self.code, self.line = code, line


def emit(document: Any) -> None:
    """The one JSON document. NaN and infinities become null."""
    from tools.records import jsonable

    plain = jsonable(document)
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # hostile text, a name that is no text, or a terminal that knows few letters
        text = json.dumps(plain, indent=2)
    sys.stdout.write(text + "\n")
    _emitted.set(True)


def say(text: str = "") -> None:
    """A line for a person, on standard output."""
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(text, markup=False)


def note(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(text + "\n")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Errors that a person can mend get one line and exit code 2; an interrupt 130; a fault of ours 70 with its trace."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _emitted.set(False)
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except Answer as answer:
            code = _fail(answer.line, kwargs, answer.code) if answer.line else answer.code
            raise typer.Exit(code) from None
        except (KeyboardInterrupt, typer.Abort):
            raise typer.Exit(_fail(INTERRUPTED_LINE, kwargs, INTERRUPTED)) from None
        except typer.Exit:
            raise
        except BrokenPipeError:
            raise typer.Exit(_nobody_reads()) from None
        except Exception as error:  # noqa: BLE001 - the process edge
            raise typer.Exit(_explain(error, kwargs)) from None

    return run


def _explain(error: Exception, kwargs: dict[str, Any]) -> int:
    import sqlite3

    from memory.errors import MemoryStoreError
    from sandbox.host.interpreter import SandboxError
    from tools.contracts import MendelError

    if isinstance(error, MendelError | MemoryStoreError | SandboxError):
        return _fail(str(error), kwargs, BAD)
    if isinstance(error, sqlite3.Error):  # the graph's checkpoints; our own store explains itself
        return _fail(f".mendel: {error}; free space, or mend rights, and run it again", kwargs, BAD)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _fail(
            f"{place}{error.strerror or error}; free space, or mend rights, and run it again", kwargs, BAD
        )
    traceback.print_exc()
    return _fail(
        f"Mendel failed: {type(error).__name__}: {error}. This is a fault of Mendel's, please report it",
        kwargs,
        BROKEN,
    )


def _fail(line: str, kwargs: dict[str, Any], code: int) -> int:
    one_line = " ".join(line.split())
    if kwargs.get("as_json") and not _emitted.get():
        emit({"error": one_line})
    note(one_line)
    return code


def _nobody_reads() -> int:
    """Whoever read our output has gone (``mendel ledger show | head``): be silent, at exit too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNREAD


def usage_error(message: str, command: str, arguments: Sequence[str]) -> int:
    """The one line for a command that was called in a wrong way; the exit code."""
    line = f"{message.rstrip('.')}; see: {command} --help"
    _emitted.set(False)
    return _fail(line, {"as_json": "--json" in arguments}, BAD)


def chosen(path: Path | None, system: Path) -> Path:
    """The first argument where it is given, else --system."""
    return path if path is not None else system


def iso(time_ns: int) -> str:
    """Nanoseconds since the epoch as UTC ISO text."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC).isoformat()
