"""``mendel data fetch``: candles and what goes with them, from an exchange."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mendel.commands.common import NO, Answer, JsonOption, emit, guarded, iso, note, say
from tools.errors import MendelError

if TYPE_CHECKING:
    from tools.market.fetch import Fetched

#: Gaps that are listed one by one.
_MOST_GAPS = 100


class FetchOptionError(MendelError):
    """An option that cannot be."""


@guarded
def fetch(
    exchange: Annotated[
        str, typer.Option(help="The exchange, by ccxt's id: binance, binanceusdm, bybit, okx, kraken …")
    ],
    symbol: Annotated[
        list[str], typer.Option(help="TON/USDT, or TON/USDT:USDT for its perpetual; may be repeated.")
    ],
    timeframe: Annotated[str, typer.Option(help="Length of a bar.")] = "5m",
    since: Annotated[
        str | None,
        typer.Option(
            help="First bar, a UTC date or time. Default: where the file begins.", show_default=False
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="The bars before this UTC date or time. Default: all that have closed.", show_default=False
        ),
    ] = None,
    to: Annotated[Path, typer.Option(help="Folder of the files; each is brought up to date.")] = Path("data"),
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="Beside the candles: taker, funding, open-interest, with commas between.",
            show_default=False,
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Address to ask instead of the exchange's own (a proxy).", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch what is missing of the candles in a folder. Public data alone: no key is used, no order can be sent.

    It can be cut off at any time and goes on where it was; a bar that has not closed is never stored; gaps of the exchange
    are named and not filled. Needs ccxt: pip install 'mendel[exchange]'

    Example: mendel data fetch --exchange binance --symbol TON/USDT --timeframe 5m --since 2025-01-01 --with taker
    """
    from tools.market.fetch import Wish, path_for
    from tools.market.fetch_exchange import open_exchange
    from tools.market.fetch_series import require_series

    series = require_series(
        [name.strip() for text in with_ or [] for name in text.split(",") if name.strip()]
    )
    start, end = _moment(since, "--since"), _moment(until, "--until")
    if start is not None and end is not None and end <= start:
        raise FetchOptionError(f"--until {until}: is not after --since {since}; choose a later one")
    wishes = [Wish(name, timeframe, start, end, series) for name in dict.fromkeys(symbol)]
    _no_two_alike([path_for(to, wish.symbol, wish.timeframe) for wish in wishes])
    if to.exists() and not to.is_dir():
        raise FetchOptionError(f"--to {to}: is a file; name a folder")
    if url is not None and not url.startswith(("http://", "https://")):
        raise FetchOptionError(f"--url {url!r}: is no address; write for example http://127.0.0.1:8080")
    asked = open_exchange(exchange, [wish.symbol for wish in wishes], url=url)
    done, failed = _each(asked, wishes, to)
    if not done:
        raise FetchOptionError(next(iter(failed.values())))
    _show(exchange, timeframe, done, failed, as_json)
    if failed:
        raise Answer(NO, f"{len(failed)} of {len(wishes)} symbols failed: {next(iter(failed.values()))}")


def _each(exchange: Any, wishes: list[Any], to: Path) -> tuple[dict[str, Fetched], dict[str, str]]:
    from tools.market.fetch import fetch_market
    from tools.market.problems import MarketError

    done: dict[str, Fetched] = {}
    failed: dict[str, str] = {}
    for wish in wishes:
        try:
            done[wish.symbol] = fetch_market(exchange, wish, to, note)
        except MarketError as error:
            failed[wish.symbol] = str(error)
    return done, failed


def _show(
    exchange: str, timeframe: str, done: dict[str, Fetched], failed: dict[str, str], as_json: bool
) -> None:
    if as_json:
        symbols = {found.symbol: _facts(name, found) for name, found in done.items()}
        emit(
            {
                "exchange": exchange,
                "timeframe": timeframe,
                "symbols": symbols,
                "files": [str(found.path) for found in done.values()],
                "failed": failed,
            }
        )
        return
    for found in done.values():
        say(
            f"{found.path}: {found.bars:,} bars, {iso(found.from_ns)} to {iso(found.to_ns)}, {found.new_bars:,} new, "
            f"{found.requests} requests"
        )
        for line in found.notes:
            say(f"    {line}")
    for line in failed.values():
        say(f"failed: {line}")


def _facts(name: str, found: Fetched) -> dict[str, Any]:
    return {
        "market": name,
        "file": str(found.path),
        "bars": found.bars,
        "new_bars": found.new_bars,
        "from": iso(found.from_ns),
        "to": iso(found.to_ns),
        "columns": list(found.columns),
        "gaps": [{"from": iso(start), "bars": count} for start, count in found.gaps[:_MOST_GAPS]],
        "missing_bars": sum(count for _, count in found.gaps),
        "notes": list(found.notes),
        "requests": found.requests,
    }


def _moment(text: str | None, option: str) -> int | None:
    """Milliseconds UTC of an ISO date or time; naive ones are UTC."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FetchOptionError(f"{option} {text!r}: is no date; write for example 2025-01-01") from None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return int(when.timestamp() * 1000)


def _no_two_alike(paths: list[Path]) -> None:
    for path in paths:
        if paths.count(path) > 1:
            raise FetchOptionError(f"two of the symbols would be {path.name}; fetch them to two folders")
