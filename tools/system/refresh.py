"""New bars for a system's files, where ``[data] fetch`` says from where: for the endless loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tools.contracts import MendelError
from tools.system.system import System

if TYPE_CHECKING:
    from tools.market.fetch import Fetched


class RefreshError(MendelError):
    """``[data] fetch`` cannot be followed as it stands."""


def refresh(system: System, say: Callable[[str], None]) -> list[Fetched]:
    """Bring the files of ``[data] fetch`` up to date; what they hold now, nothing where no exchange is set.

    An exchange that cannot be reached is said and leaves the files as they are: old bars are no reason to stop. Raises
    MendelError for settings that can never work."""
    from tools.market.fetch import Wish, fetch_market
    from tools.market.fetch_exchange import open_exchange
    from tools.market.problems import MarketError

    wanted = system.config.data.fetch
    if wanted.exchange is None:
        return []
    since = _since(wanted.since)
    exchange = open_exchange(wanted.exchange, wanted.symbols, url=wanted.url)
    done: list[Fetched] = []
    for symbol in wanted.symbols:
        wish = Wish(symbol, wanted.timeframe, since, None, tuple(wanted.series))
        try:
            done.append(fetch_market(exchange, wish, system.home / wanted.to))
        except MarketError as error:
            say(f"no new bars: {error}")
            continue
        if done[-1].new_bars:
            say(f"{done[-1].symbol}: {done[-1].new_bars:,} new bars")
    return done


def _since(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise RefreshError(
            f"mendel.toml: [data] fetch since = {text!r}: is no date; write for example 2025-01-01"
        ) from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
