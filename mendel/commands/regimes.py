"""``mendel regimes``: what kind of market it is, and was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mendel.commands.common import DataOption, JsonOption, SystemOption, emit, guarded, say

SHOWN_SEGMENTS = 8


@guarded
def regimes(
    symbol: Annotated[str, typer.Argument(help="Symbol, or the start of one.")],
    system: SystemOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Volatility, volume and session of a market, bar by bar, without looking ahead.

    Example: mendel regimes ETH --system my-squeeze
    """
    from tools.market.names import resolve_symbol
    from tools.market.regimes import MarketRegimeDetector
    from tools.system.markets import load_system_markets
    from tools.system.system import System

    loaded = load_system_markets(System.open(system), data=data)
    market = loaded.markets[resolve_symbol(symbol, loaded.markets)]
    document = {**MarketRegimeDetector().to_json(market), "until": loaded.until}
    if as_json:
        emit(document)
    else:
        say(_text(document))


def _text(document: dict[str, Any]) -> str:
    current = document["current"]
    lines = [
        f"{document['symbol']}: volatility {current['volatility']}, volume {current['volume']}, "
        f"session {current['session']} (since {_minute(current['since'])})",
        "",
        "  volatility/volume/session    share of bars",
    ]
    lines += [f"  {label:<28} {share:6.1%}" for label, share in document["shares"].items()]
    past = document["history"]
    lines += ["", f"  the last {min(SHOWN_SEGMENTS, len(past))} of {len(past)} stretches (UTC)"]
    lines += [f"  {_minute(s['from'])} .. {_minute(s['to'])}  {s['label']}" for s in past[-SHOWN_SEGMENTS:]]
    return "\n".join([*lines, "", f"Until {document['until']}; nothing after it was looked at."])


def _minute(iso: str) -> str:
    return iso[:16].replace("T", " ")
