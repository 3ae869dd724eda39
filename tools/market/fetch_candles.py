"""How each exchange gives its candles, and whether what takers bought comes with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tools.market.fetch_exchange import Exchange
from tools.market.fetch_pages import CandleWalk
from tools.market.fetch_rows import Layout
from tools.market.problems import MarketError

if TYPE_CHECKING:
    from tools.market.fetch import Wish

#: Most candles that an exchange gives at a time.
_AT_ONCE = {
    "binance": 1000,
    "binanceusdm": 1000,
    "binancecoinm": 1000,
    "binanceus": 1000,
    "bybit": 1000,
    "kraken": 720,
}
_AT_LEAST = 300
#: ccxt's rows: time, open, high, low, close, volume in base units or contracts.
_PLAIN = Layout({"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5})
#: Binance's own rows go on: close time, quote volume, trades, taker base volume, taker quote volume. A coin-margined
#: contract counts contracts in column 5 and the base in column 7, what takers bought likewise in 9 and 10.
_TAKER = Layout({**_PLAIN.places, "quote_volume": 7, "taker_buy_volume": 9})
_TAKER_INVERSE = Layout({**_PLAIN.places, "volume": 7, "taker_buy_volume": 10})
Ask = Callable[[int, int], list[Any]]


def why_no_taker(exchange: Exchange) -> str | None:
    """Why there is no taker volume here, in words; None where there is."""
    return None if exchange.is_binance else f"taker: {exchange.name} does not offer it with its candles"


def candle_walk(
    exchange: Exchange, market: Mapping[str, Any], wish: Wish, step: int, now: int, *, taker: bool
) -> CandleWalk:
    """The walk over this market's candles. Raises MarketError where the exchange has none of that length."""
    offered = exchange.api.timeframes or {}
    if wish.timeframe not in offered or not exchange.api.has.get("fetchOHLCV"):
        has = ", ".join(offered) or "none"
        raise MarketError(f"{exchange.name}: has no candles of {wish.timeframe}; it has {has}")
    page = _AT_ONCE.get(exchange.name, _AT_LEAST)
    if not taker:
        return CandleWalk(_unified(exchange, wish, step), _PLAIN, step, page, now)
    layout = _TAKER_INVERSE if market.get("inverse") else _TAKER
    return CandleWalk(_raw_binance(exchange, market, wish, step), layout, step, page, now)


def _unified(exchange: Exchange, wish: Wish, step: int) -> Ask:
    def ask(since: int, count: int) -> list[Any]:
        # Bybit takes the newest of a window, so the window must be no larger than what is asked for.
        more = {"until": since + count * step - 1} if exchange.name == "bybit" else {}

        def request() -> Any:
            return exchange.api.fetch_ohlcv(wish.symbol, wish.timeframe, since, count, more)

        return list(exchange.ask(f"page of candles of {wish.symbol}", request, _is_list))

    return ask


def _raw_binance(exchange: Exchange, market: Mapping[str, Any], wish: Wish, step: int) -> Ask:
    api = exchange.api
    method = api.publicGetKlines
    if market.get("linear"):
        method = api.fapiPublicGetKlines
    elif market.get("inverse"):
        method = api.dapiPublicGetKlines

    def ask(since: int, count: int) -> list[Any]:
        question = {
            "symbol": market["id"],
            "interval": api.timeframes[wish.timeframe],
            "startTime": since,
            "limit": count,
        }
        if market.get("inverse"):  # its windows may not be open
            question["endTime"] = since + count * step - 1
        return list(exchange.ask(f"page of candles of {wish.symbol}", lambda: method(question), _is_list))

    return ask


def _is_list(found: object) -> bool:
    return isinstance(found, list)
