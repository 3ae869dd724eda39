"""``mendel data``: make candles, and check those that you have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands import data_fetch, data_import
from mendel.commands.common import NO, Answer, JsonOption, emit, guarded, iso, say
from tools.errors import MendelError

if TYPE_CHECKING:
    from tools.contracts import Market

app = typer.Typer(
    help="Fetch or import candles, check the ones that you have, make some with planted truth.",
    no_args_is_help=True,
)
app.command("fetch")(data_fetch.fetch)
app.command("import")(data_import.import_)


class CheckError(MendelError):
    """What was checked is not fit for use, or cannot be written there."""


class SynthError(MendelError):
    """A world cannot be written there."""


@app.command("synth")
@guarded
def synth(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")] = Path("data"),
    days: Annotated[int, typer.Option(help="Days of candles.", min=2, max=1500)] = 182,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.", min=0)] = 0,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only this symbol; may be repeated.", show_default=False)
    ] = None,
    placebo: Annotated[
        bool, typer.Option("--placebo", help="The same features with no effect behind them.")
    ] = False,
    without: Annotated[
        list[str] | None, typer.Option(help="Leave out a column; may be repeated.", show_default=False)
    ] = None,
    format: Annotated[str, typer.Option(help="parquet, feather, csv or csv.gz.")] = "parquet",
    timeframe: Annotated[str, typer.Option(help="Length of a bar; it divides a day.")] = "5m",
    force: Annotated[
        bool, typer.Option("--force", help="Write over candles that no such world was written with.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a synthetic market whose truth is known. Candles of another origin are not written over.

    Example: mendel data synth my-squeeze/data --days 182
    """
    from lab.worlds import generate_world, write_world
    from tools.market.clock import timeframe_minutes

    world = generate_world(
        days=days,
        symbols=symbol or None,
        seed=seed,
        placebo=placebo,
        timeframe_minutes=timeframe_minutes(timeframe),
    )
    if not force and not (folder / "truth.json").exists():
        _keep([folder / f"{name}-{timeframe}.{format}" for name in world.markets])
    paths = write_world(world, folder, format=format, without=without or [])
    if as_json:
        emit(
            {
                "files": [str(p) for p in paths],
                "symbols": sorted(world.markets),
                "days": days,
                "seed": seed,
                "placebo": placebo,
            }
        )
        return
    say(f"{folder}: {len(paths) - 1} symbols, {days} days, and {paths[-1].name} with what was planted.")


def _keep(targets: Iterable[Path]) -> None:
    """Refuse to write over candles that may be real ones."""
    for target in targets:
        if target.exists():
            raise SynthError(
                f"{target}: is there already and is no generated one (no truth.json beside it); name another folder, or --force"
            )


@app.command("check")
@guarded
def check(
    pattern: Annotated[str, typer.Argument(help="Glob of candle files.")],
    timeframe: Annotated[
        str | None,
        typer.Option(help="Length of a bar that the files should have, such as 5m.", show_default=False),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended and say what was done.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option(help="Folder for the repaired files.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Load candles as Mendel would and say what is in them. Nothing is repaired unless asked for.

    Each file that is not fit for use gets one line (exit code 1, 2 where none is).

    Example: mendel data check 'candles/*-5m.csv' --repair --to mended
    """
    from tools.market.clock import timeframe_text
    from tools.market.load import check_markets, find_files
    from tools.market.save import save_market

    if to is not None and to.exists() and not to.is_dir():
        raise CheckError(f"--to {to}: is a file; name a folder")
    markets, wrong = check_markets(pattern, timeframe=timeframe, repair=repair)
    if not markets:
        raise CheckError(next(iter(wrong.values())))
    targets = (
        {name: to / f"{name}-{timeframe_text(m.timeframe_minutes)}.parquet" for name, m in markets.items()}
        if to
        else {}
    )
    _spare(targets.values(), find_files(pattern))
    for name, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        save_market(markets[name], target)
    if as_json:
        shown = {name: _facts(market) for name, market in markets.items()}
        emit({"symbols": shown, "files": [str(target) for target in targets.values()], "failed": wrong})
    else:
        _show(markets, targets.values(), wrong.values())
    if wrong:
        raise Answer(NO, f"{len(wrong)} not fit for use: {next(iter(wrong.values()))}")


def _facts(market: Market) -> dict[str, Any]:
    return {
        "bars": len(market),
        "timeframe_minutes": market.timeframe_minutes,
        "from": iso(int(market.time[0])),
        "to": iso(int(market.time[-1])),
        "columns": sorted(market.columns),
        "roles": {r: list(c) for r, c in market.roles.items() if c},
        "notes": list(market.notes),
    }


def _show(markets: Mapping[str, Market], targets: Iterable[Path], wrong: Iterable[str]) -> None:
    for name, market in markets.items():
        facts = _facts(market)
        say(
            f"{name:<12} {len(market):>9,} bars of {market.timeframe_minutes} m, {facts['from']} to {facts['to']}"
        )
        roles = [
            role if names == [role] else f"{role} ({', '.join(names)})"
            for role, names in facts["roles"].items()
            if role != "price"
        ]
        for line in [", ".join(["prices", *roles]), *market.notes]:
            say(f"             {line}")
    for line in wrong:
        say(f"not fit: {line}")
    for target in targets:
        say(f"{target}: written")


def _spare(targets: Iterable[Path], originals: Iterable[Path]) -> None:
    """Refuse to write over the files that were read."""
    kept = {path.resolve() for path in originals}
    for target in targets:
        if target.resolve() in kept:
            raise CheckError(
                f"--to {target.parent}: {target.name} would be written over; name another folder"
            )
