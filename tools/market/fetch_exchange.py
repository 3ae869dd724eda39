"""One exchange, reached through ccxt: public market data alone, no key, patient where it is told to wait.

ccxt is an extra (``pip install 'mendel[exchange]'``) and imported when an exchange is opened. Its own throttle paces the
requests; here is what to do with an answer that is none.
"""

from __future__ import annotations

import difflib
import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tools.market.fetch_session import ANSWER, bounded_session
from tools.market.problems import MarketError

TRIES = 6
#: Seconds: the first pause, which doubles each time; the longest; and the longest that an exchange may ask for.
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_ASKED = 0.5, 60.0, 300.0
#: HTTP answers that asking again does not change.
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 451})
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
#: Milliseconds: a clock that tells an earlier time (2009) tells seconds, or nonsense.
_OLDEST_NOW = 1_230_768_000_000
#: Where in the arguments of ccxt's handle_errors, after the code, the answer stands as JSON; before it, as text.
_PARSED = 5
_PRIVATE = ("private", "sapi", "papi", "sign")


@dataclass
class Exchange:
    """``api`` is a ccxt object without credentials that can only GET, ``errors`` the module with ccxt's errors; ``sleep``
    waits seconds."""

    name: str
    api: Any
    errors: Any
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    repeats: dict[str, int] = field(default_factory=dict)

    @property
    def is_binance(self) -> bool:
        """Whether candles come with what takers bought."""
        return self.name in ("binance", "binanceus", "binanceusdm", "binancecoinm")

    def ask(self, what: str, call: Callable[[], Any], fits: Callable[[Any], bool]) -> Any:
        """The answer of ``call``, asked again with growing pauses while the exchange is busy, unreachable or answers
        nonsense (``fits`` says no). Raises MarketError, one line, when it stays so or is refused."""
        problem = ""
        for attempt in range(TRIES):
            self.requests += 1
            self.api.last_status = None
            try:
                answer = call()
                if fits(answer):
                    return answer
                problem = f"its answer is no {what}: {_short(answer)}"
                self._count("answers that were no data")
            except self.errors.BaseError as error:
                self._judge(error, what)
                problem = f"{_short(error)}{_cause(error)}"
            except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
                # ccxt takes an answer apart without looking whether it is one
                problem = f"its answer is no {what} ({type(error).__name__})"
                self._count("answers that were no data")
            if attempt + 1 < TRIES:
                self.sleep(self._pause(attempt))
        raise MarketError(
            f"{self.name}: {what}: {TRIES} tries failed, the last one: {problem}; what came so far is kept, try later"
        )

    def _judge(self, error: Exception, what: str) -> None:
        """Return where another try may help, else raise."""
        status = self.api.last_status
        if isinstance(error, self.errors.DDoSProtection | self.errors.RateLimitExceeded) or status in (
            418,
            429,
        ):
            self._count("requests that were too many")
            return
        if isinstance(error, self.errors.NetworkError) and status not in _FINAL:
            self._count("requests that failed")
            return
        if isinstance(error, self.errors.ExchangeError) and status is not None and status >= 500:
            self._count("requests that failed")
            return
        hint = "it does not serve this place; use another exchange, or --url" if status == 451 else ""
        raise MarketError(
            f"{self.name}: {what} is refused: {_short(error)}; {hint or 'check the symbol, the timeframe and the dates'}"
        ) from error

    def _pause(self, attempt: int) -> float:
        asked = _retry_after(
            self.api.last_response_headers if self.api.last_status in (418, 429, 503) else None
        )
        if asked > LONGEST_ASKED:
            raise MarketError(
                f"{self.name}: asks to stay away for {asked:.0f} s; what came so far is kept, run it again after that"
            )
        return max(asked, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt))

    def _count(self, what: str) -> None:
        self.repeats[what] = self.repeats.get(what, 0) + 1

    def now_ms(self) -> int:
        """The earlier of our clock and the exchange's, where it tells its own."""
        ours = int(time.time() * 1000)
        if not self.api.has.get("fetchTime"):
            return ours
        try:
            theirs = self.ask("time", self.api.fetch_time, lambda t: isinstance(t, int) and t > _OLDEST_NOW)
        except MarketError:
            if self.api.last_status not in _FINAL:
                raise
            return ours
        return min(ours, int(theirs))

    def market(self, symbol: str) -> dict[str, Any]:
        """ccxt's description of a market. Raises MarketError with the nearest names."""
        if not self.api.markets:
            self.ask("list of markets", self._load, lambda found: isinstance(found, dict) and bool(found))
        found = self.api.markets.get(symbol)
        if found is None:
            near = _near(symbol, list(self.api.markets))
            hint = (
                f"it has {', '.join(near)}" if near else "write it as TON/USDT, a perpetual as TON/USDT:USDT"
            )
            raise MarketError(f"{self.name}: has no market {symbol!r}; {hint}")
        return dict(found)

    def _load(self) -> Any:
        return self.api.load_markets()


def open_exchange(
    name: str,
    symbols: Sequence[str],
    *,
    url: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Exchange:
    """A ccxt exchange by its id, for ``symbols``: it lists no kind of market that none of them belongs to. ``url`` replaces scheme and host of every address that it would call (a proxy, a local
    stub). Raises MarketError where ccxt is missing or knows no such exchange."""
    try:
        ccxt = importlib.import_module("ccxt")
    except ModuleNotFoundError as error:
        if error.name != "ccxt":
            raise
        raise MarketError("fetching needs ccxt: pip install 'mendel[exchange]'") from error
    if name not in ccxt.exchanges:
        near = difflib.get_close_matches(name, ccxt.exchanges, 3)
        hint = (
            f"did you mean {', '.join(near)}"
            if near
            else "use ccxt's id, such as binance, bybit, okx or kraken"
        )
        raise MarketError(f"--exchange {name!r}: ccxt knows no such exchange; {hint}")
    api = _public(getattr(ccxt, name), ccxt.ExchangeNotAvailable)(
        {"enableRateLimit": True, "timeout": 20_000}
    )
    api.has["fetchCurrencies"] = False  # a private endpoint on several exchanges, and of no use here
    api.urls["api"] = _addresses(api.urls["api"], url)
    api.session = bounded_session()
    _list_only(api, name, symbols)
    return Exchange(name, api, ccxt, sleep)


def _list_only(api: Any, name: str, symbols: Sequence[str]) -> None:
    """Each kind's list of markets is a heavy request."""
    options = api.options.get("fetchMarkets")
    if not isinstance(options, dict) or not isinstance(options.get("types"), list):
        return
    kinds = {_kind(symbol, name) for symbol in symbols}
    wanted = [kind for kind in options["types"] if kind in kinds]
    if wanted:
        api.options["fetchMarkets"] = {**options, "types": wanted}


def _kind(symbol: str, exchange: str) -> str:
    pair, colon, settle = symbol.partition(":")
    if not colon:
        return "spot"
    if exchange == "okx":
        return "future" if "-" in settle else "swap"
    return "linear" if pair.partition("/")[2] == settle.partition("-")[0] else "inverse"


def _public(base: Any, unavailable: type[Exception]) -> Any:
    """The exchange's class without the means to do anything but read what is public. An answer that is no JSON raises
    ``unavailable``: ccxt would take it for an empty list, and a maintenance page for a market without bars."""

    def fetch(self: Any, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        if method != "GET":
            raise MarketError(
                f"{self.id}: its market data needs {method} requests, which are never made here"
            )
        return base.fetch(self, url, method, headers, body)

    def handle_errors(self: Any, code: int, *more: Any) -> Any:
        self.last_status = code
        if code in _ELSEWHERE:
            raise MarketError(
                f"{self.id}: its answer leads to another address ({code}), which is not asked; check --url"
            )
        found = base.handle_errors(self, code, *more)
        if not isinstance(more[_PARSED], dict | list):
            raise unavailable(f"{self.id}: its answer is no JSON: {_short(more[_PARSED - 1])}")
        return found

    return type(base.__name__, (base,), {"fetch": fetch, "handle_errors": handle_errors, "last_status": None})


def _addresses(tree: Any, url: str | None) -> Any:
    """``tree`` of addresses without those of private endpoints, moved to ``url`` where one is given."""
    if isinstance(tree, dict):
        return {
            key: _addresses(value, url)
            for key, value in tree.items()
            if not any(word in str(key).lower() for word in _PRIVATE)
        }
    if url is None or not isinstance(tree, str):
        return tree
    return url.rstrip("/") + urlsplit(tree.replace("{", "").replace("}", "")).path


def _near(symbol: str, known: list[str]) -> list[str]:
    base = symbol.partition("/")[0].upper()
    same = sorted(name for name in known if name.startswith(base + "/"))
    return same[:3] or difflib.get_close_matches(symbol, known, 3)


def _retry_after(headers: Any) -> float:
    if not headers:
        return 0.0
    try:
        return max(0.0, float(headers.get("Retry-After") or 0.0))
    except (TypeError, ValueError):
        return 0.0


def _cause(error: BaseException) -> str:
    """What the system said at the bottom of it, such as " (Connection refused)", or the session of the answer."""
    below: BaseException | None = error
    said = ""
    while below is not None:
        said = below.strerror if isinstance(below, OSError) and below.strerror else said
        said = _short(below) if str(below).startswith(ANSWER) else said
        below = below.__cause__ or below.__context__
    return f" ({said})" if said else ""


def _short(found: object) -> str:
    text = " ".join(str(found).split()) or type(found).__name__
    return text if len(text) <= 160 else text[:157] + "..."
