"""The command ``mendel``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from mendel import __version__
from mendel.commands import (
    attaching,
    chat,
    data,
    evolution,
    goal,
    hypothesis,
    ledger,
    look,
    loop,
    memory,
    optimize,
    patches,
    regimes,
    sandbox,
    scoreboard,
    start,
    state,
    understanding,
)
from mendel.commands.common import BAD, usage_error

#: Typer carries its own copy of click, or uses the installed one, by version: ask it for the class.
ClickException = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

app = typer.Typer(
    name="mendel",
    help="A system evolution engine for trading strategies: it understands, proves, repairs and remembers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mendel {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A system evolution engine for trading strategies: it understands, proves, repairs and remembers."""


app.command()(start.init)
app.command()(evolution.demo)
app.command()(attaching.attach)
app.command()(evolution.evolve)
app.command()(understanding.analyze)
app.command("why-silent")(understanding.why_silent)
app.command()(understanding.backtest)
app.command()(hypothesis.hypothesis)
app.add_typer(patches.app, name="patch")
app.add_typer(ledger.app, name="ledger")
app.add_typer(data.app, name="data")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(memory.app, name="memory")
app.command()(regimes.regimes)
app.command()(look.look)
app.command()(optimize.optimize)
app.command()(chat.chat)
app.add_typer(goal.app, name="goal")
app.add_typer(scoreboard.app, name="scoreboard")
app.command()(state.status)
app.command()(state.doctor)
app.command()(loop.pause)
app.command()(loop.resume)
app.command()(loop.stop)


def _wrong_use(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()  # the help itself
        return BAD
    context = getattr(error, "ctx", None)
    return usage_error(error.format_message(), context.command_path if context else "mendel", sys.argv)


def main() -> None:
    """Entry point. A command that is called in a wrong way gets one line, and exit code 2."""
    try:
        code = app(prog_name="mendel", standalone_mode=False)
    except Exception as error:
        if not isinstance(error, ClickException):
            raise
        sys.exit(_wrong_use(error))
    sys.exit(code if isinstance(code, int) else 0)
