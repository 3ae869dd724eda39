"""``mendel sandbox``: run one file that nobody trusts, and see how it ended."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mendel.commands.common import NO, Answer, JsonOption, SystemOption, emit, guarded, note, say
from mendel.commands.progress import shown

app = typer.Typer(
    help="Run code that nobody trusts, in a process that sees nothing of yours.", no_args_is_help=True
)


class FeedChoice(StrEnum):
    """How the bars reach the file."""

    WHOLE = "whole"
    STEPPED = "stepped"


@app.callback()
def _sandbox() -> None:
    """Run code that nobody trusts, in a process that sees nothing of yours."""


@app.command("run")
@guarded
def run(
    module: Annotated[
        Path,
        typer.Argument(metavar="MODULE.py", help="One file with signals(bars) or on_bar(bar, portfolio)."),
    ],
    data: Annotated[Path, typer.Option("--data", help="Candles: one file, Parquet, Feather or CSV.")],
    feed: Annotated[
        FeedChoice,
        typer.Option(help="whole: signals(bars), once; stepped: on_bar(bar, portfolio), bar by bar."),
    ] = FeedChoice.WHOLE,
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="Which one, where the file holds several.")
    ] = None,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe",
            help="Where isolation cannot be proven: run your own code anyway, never to be promoted.",
        ),
    ] = False,
    system: SystemOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask one file for a target position in [-1, 1] at every bar, and say how it ended.

    Example: mendel sandbox run toy.py --data candles/ETHUSDT-5m.parquet --feed stepped --json
    """
    from sandbox.host.contracts import Feed, Status
    from tools.backtest.lone import run_lone
    from tools.market.load import load_market

    with shown("running") as progress:
        progress("loading the candles")
        market = load_market(data, symbol=symbol)
        progress(f"running {module.name} on {len(market):,} bars of {market.symbol}")
        done = run_lone(module, market, feed=Feed(feed.value), unsafe=unsafe, **_settings(system))
    document = done.to_json()
    if as_json:
        emit(document)
    else:
        _tell(document)
    if done.outcome.status is not Status.OK:
        raise Answer(NO, "" if as_json else f"{done.outcome.status}: {done.outcome.reason}")


def _settings(system: Path) -> dict[str, Any]:
    """The limits, costs and interpreter of the system in that folder; nothing where there is none."""
    from tools.system.config import CONFIG_NAME
    from tools.system.system import System

    if not (system / CONFIG_NAME).is_file():
        return {}
    attached = System.open(system)
    config = attached.config
    return {"limits": config.sandbox.limits(), "costs": config.costs.costs(), "python": attached.python}


def _tell(document: dict[str, Any]) -> None:
    if document["log"]:
        note(document["log"].rstrip())
    for layer in document["missing"]:
        say(f"MISSING {layer['name']}: {layer['detail']} -> {layer['remedy']}")
    if document["status"] != "ok":
        return
    decisions = document["decisions"]
    walls = f"{len(document['layers'])} layers stood" if document["isolated"] else "WITHOUT isolation"
    say(
        f"ok: {decisions['n']:,} decisions, {decisions['nonzero']:,} of them not 0; "
        f"{document['cpu_ms']:.0f} ms of processor, {document['wall_ms']:.0f} ms, {document['max_rss_mb']:.0f} MB; {walls}"
    )
