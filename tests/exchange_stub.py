"""An exchange's public HTTP API on the loopback, as Binance and Bybit speak it, with faults on demand.

Its prices are a function of the time alone, so that what a fetch should have stored is known without asking."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: 2025-03-01 00:00 UTC, and the exchange's clock: seven days later, in the middle of a bar.
START = 1_740_787_200_000
NOW = START + 7 * DAY + 2 * MINUTE + 1234
STEP = 5 * MINUTE
LENGTHS = {"1m": MINUTE, "5m": STEP, "1h": HOUR, "1d": DAY, "5": STEP, "60": HOUR}
Row = list[Any]


def truth(at: int, step: int = STEP) -> dict[str, float]:
    """The bar that opens at ``at`` (ms)."""
    k = at // step
    opens, close = 3 + (k % 97) / 100, 3 + ((k + 1) % 97) / 100
    volume = 1000.0 + k % 13
    return {
        "open": opens,
        "high": max(opens, close) + 0.05,
        "low": min(opens, close) - 0.05,
        "close": close,
        "volume": volume,
        "quote_volume": round(volume * 3.5, 2),
        "taker_buy_volume": 400.0 + k % 7,
    }


def funding_rate(at: int) -> float:
    """The rate that falls due at ``at``, a multiple of 8 hours (ms)."""
    return round(0.0001 + (at // (8 * HOUR) % 5) / 100_000, 6)


def interest(at: int) -> float:
    """Open interest at ``at``, a multiple of five minutes (ms)."""
    return 5_000_000.0 + at // STEP % 1000


@dataclass
class Stub:
    """What the exchange has and how it misbehaves. ``faults`` is asked for each page of candles with its number (from 0)
    and its rows; what it returns is sent: rows, bytes, or (status, headers, bytes)."""

    faults: Callable[[int, list[Row]], Any] = lambda number, rows: rows
    gaps: set[int] = field(default_factory=set)
    start: int = START
    now: int = NOW
    pages: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    slow: float = 0.0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def times(self, first: int, last: int, step: int) -> list[int]:
        """Opens of the bars that there are; the newest has not closed."""
        first = max(-(-first // step) * step, self.start)
        return [t for t in range(first, min(last, self.now) + 1, step) if t not in self.gaps]

    def candles(self, ask: dict[str, str]) -> Any:
        step = LENGTHS[ask["interval"]]
        times = self.times(int(ask.get("startTime", 0)), int(ask.get("endTime", self.now)), step)
        rows = [binance_row(t, step) for t in times[: int(ask.get("limit", 500))]]
        with self.lock:
            number, self.pages = self.pages, self.pages + 1
        time.sleep(self.slow)
        return self.faults(number, rows)

    def bybit_candles(self, ask: dict[str, str]) -> Any:
        step = LENGTHS[ask["interval"]]
        times = self.times(int(ask["start"]), int(ask["end"]), step)[-int(ask["limit"]) :]
        rows = [binance_row(t, step)[:6] for t in reversed(times)]
        result = {"symbol": ask["symbol"], "category": ask["category"], "list": rows}
        return {"retCode": 0, "retMsg": "OK", "result": result, "time": self.now}

    def answer(self, path: str, ask: dict[str, str]) -> Any:
        """The JSON value (or raw bytes) for one request."""
        if path.endswith("/exchangeInfo"):
            return {"symbols": [SWAP] if path.startswith("/fapi") else [SPOT]}
        if path.endswith("/klines"):
            return self.candles(ask)
        if path in ("/api/v3/time", "/fapi/v1/time"):
            return {"serverTime": self.now}
        window = int(ask.get("startTime", 0)), min(int(ask.get("endTime", self.now)), self.now)
        if path == "/fapi/v1/fundingRate":
            times = [t for t in grid(*window, 8 * HOUR) if t >= self.start][: int(ask["limit"])]
            return [
                {"symbol": ask["symbol"], "fundingTime": t + 3, "fundingRate": str(funding_rate(t))}
                for t in times
            ]
        if path == "/futures/data/openInterestHist":
            times = [t for t in grid(*window, LENGTHS[ask["period"]]) if t >= self.start][: int(ask["limit"])]
            return [
                {"symbol": ask["symbol"], "sumOpenInterest": str(interest(t)), "timestamp": t} for t in times
            ]
        if path == "/v5/market/time":
            return {"retCode": 0, "result": {"timeSecond": str(self.now // 1000)}, "time": self.now}
        if path == "/v5/market/instruments-info":
            result = {"category": ask["category"], "list": [BYBIT_SPOT] if ask["category"] == "spot" else []}
            return {"retCode": 0, "result": result}
        if path == "/v5/market/kline":
            return self.bybit_candles(ask)
        return 404, {}, b'{"code": -1, "msg": "no such path"}'


def grid(first: int, last: int, step: int) -> range:
    return range(-(-first // step) * step, last + 1, step)


def binance_row(at: int, step: int = STEP) -> Row:
    """A candle as Binance sends it: numbers as text."""
    bar = truth(at, step)
    text = [str(bar[name]) for name in ("open", "high", "low", "close", "volume")]
    taken = bar["taker_buy_volume"]
    return [at, *text, at + step - 1, str(bar["quote_volume"]), 42, str(taken), str(taken * 3.5), "0"]


SPOT = {"symbol": "TONUSDT", "status": "TRADING", "baseAsset": "TON", "quoteAsset": "USDT", "filters": []}
SWAP = {**SPOT, "contractType": "PERPETUAL", "marginAsset": "USDT", "deliveryDate": 4133404800000}
BYBIT_SPOT = {
    "symbol": "TONUSDT",
    "baseCoin": "TON",
    "quoteCoin": "USDT",
    "status": "Trading",
    "marginTrading": "none",
    "lotSizeFilter": {
        "basePrecision": "0.01",
        "quotePrecision": "0.01",
        "minOrderQty": "1",
        "maxOrderQty": "9",
    },
    "priceFilter": {"tickSize": "0.001"},
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        ask = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.stub.asked.append((parts.path, ask))
        self.stub.headers.append(dict(self.headers.items()))
        found = self.stub.answer(parts.path, ask)
        status, headers, body = found if isinstance(found, tuple) else (200, {}, found)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        return None


@contextmanager
def running(stub: Stub) -> Iterator[Stub]:
    """Serves on a free port of the loopback until the block ends."""
    handler = type("Handler", (_Handler,), {"stub": stub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
