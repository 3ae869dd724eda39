"""Fetching from a stub of an exchange that misbehaves: the file is the same whatever happened on the way."""

from __future__ import annotations

import gzip
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import exchange_stub as stub_of
import numpy as np
import pytest
from exchange_stub import DAY, HOUR, MINUTE, NOW, START, STEP, Stub, funding_rate, interest, running, truth

from tools.contracts import Market
from tools.market import MarketError, fetch_session, load_market
from tools.market.fetch import Fetched, Wish, fetch_market
from tools.market.fetch_exchange import Exchange, open_exchange
from tools.market.fetch_file import progress_file

ROOT = Path(__file__).resolve().parents[2]
BARS = 7 * 288
SPOT, SWAP = "TON/USDT", "TON/USDT:USDT"
contacted: set[str] = set()


def _watch(event: str, arguments: Any) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        contacted.add(str(arguments[1][0]))
    elif event == "socket.getaddrinfo":
        contacted.add(str(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _nobody_else_is_contacted() -> Iterator[None]:
    contacted.clear()
    yield
    assert contacted <= {"127.0.0.1"}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running(Stub()) as stub:
        yield stub


def exchange(
    stub: Stub, name: str = "binance", symbol: str = SPOT, waits: list[float] | None = None
) -> Exchange:
    opened = open_exchange(name, [symbol], url=stub.url, sleep=(waits if waits is not None else []).append)
    opened.api.rateLimit = 0.01  # the stub is no exchange that could be hurt
    return opened


def get(stub: Stub, folder: Path, symbol: str = SPOT, **more: Any) -> Fetched:
    opened = exchange(stub, more.pop("name", "binance"), symbol, more.pop("waits", None))
    wish = Wish(symbol, more.pop("timeframe", "5m"), more.pop("since", START), **more)
    return fetch_market(opened, wish, folder)


def opens(market: Market) -> list[int]:
    return [int(t) // 1_000_000 for t in market.time]


def test_every_closed_bar_is_there_as_it_was_and_no_other(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BINANCE_API_KEY", "BINANCE_APIKEY", "BINANCE_SECRET"):
        monkeypatch.setenv(name, "topsecret")
    found = get(stub, tmp_path, series=("taker",))
    market = load_market(found.path, timeframe="5m")
    assert opens(market) == list(range(START, NOW - NOW % STEP, STEP)) and found.bars == BARS
    for name, values in market.columns.items():
        assert values.tolist() == [truth(t)[name] for t in opens(market)]
    assert market.roles["flow"] == ("taker_buy_volume",) and market.roles["quote_volume"] == ("quote_volume",)
    assert found.notes == () and found.gaps == ()
    assert "topsecret" not in repr(stub.headers) + repr(stub.asked)
    assert not any("sign" in key.lower() or "key" in key.lower() for _, ask in stub.asked for key in ask)
    assert {path for path, _ in stub.asked} == {
        "/api/v3/exchangeInfo",
        "/api/v3/time",
        "/api/v3/klines",
    }


def once(number: int, what: Callable[[list[Any]], Any]) -> Callable[[int, list[Any]], Any]:
    return lambda page, rows: what(rows) if page == number else rows


def changed(row: int, place: int, value: Any) -> Callable[[list[Any]], list[Any]]:
    def change(rows: list[Any]) -> list[Any]:
        rows[row][place] = value
        return rows

    return change


NONSENSE = {
    "429": lambda rows: (429, {"Retry-After": "7"}, b'{"code":-1003,"msg":"Too many requests"}'),
    "418": lambda rows: (418, {"Retry-After": "30"}, b"{}"),
    "500": lambda rows: (500, {}, b"oops"),
    "503 page": lambda rows: (503, {"Content-Type": "text/html"}, b"<html>busy</html>"),
    "html": lambda rows: (200, {"Content-Type": "text/html"}, b"<html>maintenance</html>"),
    "truncated": lambda rows: json.dumps(rows).encode()[:-100],
    "nothing": lambda rows: b"",
    "null": lambda rows: b"null",
    "empty page": lambda rows: [],
    "short page": lambda rows: rows[:10],
    "hole": lambda rows: rows[:10] + rows[20:],
    "duplicates": lambda rows: rows + rows[:50],
    "disorder": lambda rows: rows[::-1],
    "off the grid": lambda rows: [*rows, [rows[0][0] + 1, *rows[0][1:]]],
    "future": lambda rows: [*rows, [NOW + 10 * STEP - NOW % STEP, *rows[0][1:]]],
    "past": lambda rows: [[START - STEP, *rows[0][1:]], *rows],
    "high below low": changed(5, 2, "0.5"),
    "not a number": changed(6, 4, "NaN"),
    "words": changed(7, 1, "three"),
    "none": changed(7, 1, None),
    "zero price": changed(8, 3, "0"),
    "negative volume": changed(9, 5, "-4"),
    "more taken than traded": changed(9, 9, "99999999"),
    "no row": lambda rows: [*rows, "row", {}, 5, None, [rows[0][0]]],
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with running(Stub()) as stub:
        return get(stub, tmp_path_factory.mktemp("whole"), series=("taker",)).path.read_bytes()


@pytest.mark.parametrize("fault", NONSENSE)
def test_one_bad_answer_changes_nothing(fault: str, stub: Stub, tmp_path: Path, undisturbed: bytes) -> None:
    waits: list[float] = []
    stub.faults = once(1, NONSENSE[fault])
    found = get(stub, tmp_path, series=("taker",), waits=waits)
    assert found.path.read_bytes() == undisturbed
    assert {"429": [7.0], "418": [30.0], "500": [0.5]}.get(fault, waits) == waits
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == ["TONUSDT-5m.parquet"]


def test_what_stays_broken_is_refused_by_name_and_left_out(stub: Stub, tmp_path: Path) -> None:
    bad = START + 100 * STEP

    def faults(page: int, rows: list[Any]) -> list[Any]:
        return [[r[0], r[1], "0.1", *r[3:]] if r[0] == bad else r for r in rows]

    stub.faults = faults
    found = get(stub, tmp_path)
    assert found.bars == BARS - 1 and found.gaps == ((bad * 1_000_000, 1),)
    assert "refused 1 bars with impossible prices" in found.notes
    assert any("1 bar that the exchange does not have" in note for note in found.notes)


def test_a_gap_of_the_exchange_is_noted_and_not_filled(stub: Stub, tmp_path: Path) -> None:
    stub.gaps = set(range(START + DAY, START + 5 * DAY, STEP)) | {START + 6 * DAY}
    found = get(stub, tmp_path)
    assert found.gaps == (((START + DAY) * 1_000_000, 4 * 288), ((START + 6 * DAY) * 1_000_000, 1))
    assert found.bars == BARS - 4 * 288 - 1
    asked = len(stub.asked)
    again = get(stub, tmp_path)
    assert again.new_bars == 0 and len(stub.asked) - asked == 2  # the list of markets, and the clock


def test_an_exchange_that_stays_away_keeps_what_came(stub: Stub, tmp_path: Path) -> None:
    stub.faults = lambda page, rows: (418, {"Retry-After": "3600"}, b"{}")
    with pytest.raises(MarketError, match="asks to stay away for 3600 s"):
        get(stub, tmp_path)
    stub.faults = lambda page, rows: (500, {}, b"")
    waits: list[float] = []
    with pytest.raises(MarketError, match="tries failed") as caught:
        get(stub, tmp_path, waits=waits)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0] and "\n" not in str(caught.value)
    stub.faults = lambda page, rows: (451, {}, b'{"code":0,"msg":"restricted location"}')
    with pytest.raises(MarketError, match="does not serve this place"):
        get(stub, tmp_path)
    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize("path", ["/exchangeInfo", "/klines"])
def test_a_redirect_is_not_followed(
    path: str, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = stub.answer
    away = (302, {"Location": "http://192.0.2.7/"}, b"")
    monkeypatch.setattr(stub, "answer", lambda at, ask: away if at.endswith(path) else answer(at, ask))
    with pytest.raises(MarketError, match=r"leads to another address \(302\), which is not asked"):
        get(stub, tmp_path)  # who is contacted is watched: _nobody_else_is_contacted


def test_an_exchange_without_a_bar_says_so(stub: Stub, tmp_path: Path) -> None:
    stub.faults = lambda page, rows: []
    with pytest.raises(MarketError, match=r"has no 5m bar of TON/USDT in the time asked for; choose other"):
        get(stub, tmp_path)
    stub.faults = lambda page, rows: [[row[0], *[None] * 11] for row in rows]
    with pytest.raises(MarketError, match=r"it sent \d+ rows that are no candles; try later"):
        get(stub, tmp_path)
    assert not list(tmp_path.glob("*.parquet"))


def test_an_answer_has_an_end_and_is_packed_as_it_says(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: bytes
) -> None:
    packed = {"Content-Encoding": "gzip"}
    stub.faults = once(1, lambda rows: (200, packed, b"no gzip"))
    assert get(stub, tmp_path, series=("taker",)).path.read_bytes() == undisturbed
    monkeypatch.setattr(fetch_session, "LARGEST_ANSWER", 1 << 20)
    stub.faults = lambda page, rows: (200, packed, gzip.compress(b" " * (2 << 20)))
    with pytest.raises(MarketError, match=r"6 tries failed.*its answer had no end after 60 s or 1 MB"):
        get(stub, tmp_path / "bomb")
    monkeypatch.setattr(fetch_session, "LONGEST_ANSWER", -1.0)
    with pytest.raises(MarketError, match=r"list of markets: 6 tries failed.*had no end"):
        get(stub, tmp_path / "slow")


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"null", b"[[1,", b"[" * 100_000])
def test_a_page_that_is_no_json_is_no_gap(body: bytes, stub: Stub, tmp_path: Path) -> None:
    stub.faults = lambda page, rows: (200, {}, body) if page in (1, 2, 3, 4) else rows
    found = get(stub, tmp_path)
    assert found.bars == BARS and found.gaps == ()
    stub.faults = lambda page, rows: (200, {}, body)
    with pytest.raises(MarketError, match="6 tries failed, the last one"):
        get(stub, tmp_path / "never")


def test_why_it_cannot_be_reached_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        MarketError, match=r"list of markets: 6 tries failed.*exchangeInfo \(Connection refused\)"
    ):
        get(Stub(url="http://127.0.0.1:9"), tmp_path)


def test_what_came_before_an_error_is_not_asked_for_again(tmp_path: Path) -> None:
    with running(Stub(start=START - 60 * DAY)) as stub:
        since = START - 60 * DAY
        stub.faults = lambda page, rows: (403, {}, b"{}") if page > 13 else rows
        with pytest.raises(MarketError, match="is refused"):
            get(stub, tmp_path, since=since)
        assert [path.name for path in tmp_path.glob("*.parquet")] == []
        stub.faults, first = (lambda page, rows: rows), len(stub.asked)
        found = get(stub, tmp_path, since=since)
        asked = [int(ask["startTime"]) for path, ask in stub.asked[first:] if path.endswith("klines")]
        assert min(asked) == since + 10_000 * STEP and found.bars == BARS + 60 * 288
        assert found.path.read_bytes() == get(stub, tmp_path / "whole", since=since).path.read_bytes()
        found.path.unlink()
        progress_file(found.path).write_bytes(b"PAR1 torn")
        assert get(stub, tmp_path, since=since).new_bars == found.bars


@pytest.mark.parametrize(
    "name", ["binance", "binancecoinm", "bybit", "okx", "kraken", "kucoin", "gate", "bitget"]
)
def test_with_another_address_none_of_its_own_is_left(name: str) -> None:
    def leaves(tree: Any) -> list[str]:
        return [x for v in tree.values() for x in leaves(v)] if isinstance(tree, dict) else [str(tree)]

    opened = open_exchange(name, [SPOT], url="http://127.0.0.1:9")
    assert opened.api.apiKey in (None, "") and opened.api.secret in (None, "")
    assert all(address.startswith("http://127.0.0.1:9") for address in leaves(opened.api.urls["api"]))
    with pytest.raises(MarketError, match="needs POST requests, which are never made here"):
        opened.api.fetch("http://127.0.0.1:9/order", "POST")


def test_only_new_bars_are_asked_for_and_the_file_is_that_of_one_fetch(tmp_path: Path) -> None:
    series = ("taker", "funding", "open-interest")
    with running(Stub(now=NOW - 3 * DAY)) as stub:
        for now in (NOW - 3 * DAY, NOW - 3 * DAY + HOUR, NOW):
            stub.now = now
            first = len(stub.asked)
            found = get(stub, tmp_path / "parts", SWAP, series=series, name="binanceusdm")
        asked = [int(ask["startTime"]) for path, ask in stub.asked[first:] if path == "/fapi/v1/klines"]
        assert min(asked) == NOW - 3 * DAY + HOUR - NOW % STEP
        whole = get(stub, tmp_path / "whole", SWAP, series=series, name="binanceusdm")
    assert found.path.read_bytes() == whole.path.read_bytes()
    assert found.bars == BARS and found.new_bars == 3 * 288 - 12


def test_the_time_before_and_another_series_are_added(stub: Stub, tmp_path: Path) -> None:
    get(stub, tmp_path / "a", SWAP, since=START + 5 * DAY, name="binanceusdm")
    first = len(stub.asked)
    found = get(stub, tmp_path / "a", SWAP, name="binanceusdm")
    asked = [int(ask["startTime"]) for path, ask in stub.asked[first:] if path == "/fapi/v1/klines"]
    assert max(asked) < START + 5 * DAY and found.bars == BARS
    anew = get(stub, tmp_path / "a", SWAP, since=None, series=("funding",), name="binanceusdm")
    assert anew.notes == ("fetched anew, since the file had no funding",)
    whole = get(stub, tmp_path / "b", SWAP, series=("funding",), name="binanceusdm")
    assert anew.path.read_bytes() == whole.path.read_bytes()
    assert get(stub, tmp_path / "b", SWAP, since=None, name="binanceusdm").columns == whole.columns


def test_funding_and_open_interest_are_on_no_bar_before_they_were_published(
    stub: Stub, tmp_path: Path
) -> None:
    found = get(stub, tmp_path, SWAP, series=("funding", "open-interest"), name="binanceusdm")
    market = load_market(found.path)
    assert market.roles["funding"] == ("funding_rate",) and market.roles["open_interest"] == (
        "open_interest",
    )
    for at, rate, held in zip(
        opens(market), market.columns["funding_rate"], market.columns["open_interest"], strict=True
    ):
        assert rate == (0.0 if at % (8 * HOUR) else funding_rate(at))
        assert held == interest(at)


def test_spot_has_no_funding_and_bybit_no_taker_volume(stub: Stub, tmp_path: Path) -> None:
    found = get(stub, tmp_path, series=("taker", "funding", "open-interest"), name="bybit")
    assert found.bars == BARS and found.columns == ("open", "high", "low", "close", "volume")
    assert [note.split(":")[0] for note in found.notes] == ["taker", "funding", "open-interest"]
    assert "bybit does not offer it" in found.notes[0] and "not a perpetual" in found.notes[1]
    market = load_market(found.path)
    assert market.columns["close"].tolist() == [truth(t)["close"] for t in opens(market)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": "binanze"}, "binance"),
        ({"symbol": "TONX/USDT"}, "has no market"),
        ({"symbol": SWAP}, "it has TON/USDT"),
        ({"timeframe": "7m"}, "does not divide a day"),
        ({"timeframe": "10m"}, "has no candles of 10m; it has 1s, 1m"),
        ({"since": None}, "say from when, such as --since"),
        ({"since": NOW + DAY}, "choose an earlier --since"),
        ({"until": START}, "choose an earlier --since"),
    ],
)
def test_bad_wishes_are_one_line(more: dict[str, Any], words: str, stub: Stub, tmp_path: Path) -> None:
    stub_exchange = {"name": more.pop("name", "binance")}
    with pytest.raises(MarketError, match=words) as caught:
        opened = exchange(stub, **stub_exchange)
        fetch_market(opened, Wish(**{"symbol": SPOT, "timeframe": "5m", "since": START, **more}), tmp_path)
    assert "\n" not in str(caught.value) and not list(tmp_path.glob("*.parquet"))


def test_what_is_not_ours_is_never_touched(stub: Stub, tmp_path: Path) -> None:
    other = get(stub, tmp_path, SWAP, name="binanceusdm").path
    before = other.read_bytes()
    with pytest.raises(MarketError, match="holds TON/USDT:USDT of binanceusdm, not TON/USDT of binance"):
        get(stub, tmp_path)
    foreign = tmp_path / "own/TONUSDT-5m.parquet"
    foreign.parent.mkdir()
    load_market(other).frame().rename_axis("timestamp").reset_index().to_parquet(foreign)
    with pytest.raises(MarketError, match="was not written by mendel data fetch"):
        get(stub, foreign.parent)
    foreign.write_bytes(before[:-50])
    with pytest.raises(MarketError, match="is damaged; remove it"):
        get(stub, foreign.parent)
    assert other.read_bytes() == before


@pytest.mark.slow
def test_a_fetch_that_is_killed_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    with running(Stub(start=START - 10 * DAY, slow=0.02)) as stub:
        arguments = ["--exchange", "binanceusdm", "--symbol", SWAP, "--timeframe", "1m", "--json"]
        arguments += ["--since", "2025-02-19", "--with", "taker,funding", "--url", stub.url]
        command = [sys.executable, "-m", "mendel", "data", "fetch", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        killed = tmp_path / "killed/TONUSDT-1m.parquet"
        process = subprocess.Popen(
            [*command, "--to", str(killed.parent)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not progress_file(killed).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not killed.exists() and progress_file(killed).exists()
        before = stub.pages
        stub.slow = 0.0
        done = subprocess.run([*command, "--to", str(killed.parent)], env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout)["symbols"]["TONUSDT"]
        assert facts["bars"] == (NOW - START + 10 * DAY) // MINUTE and facts["notes"] == []
        assert facts["new_bars"] <= facts["bars"] - 10_000 and stub.pages - before < before + 40
        wish = Wish(SWAP, "1m", START - 10 * DAY, series=("taker", "funding"))
        whole = fetch_market(exchange(stub, "binanceusdm", SWAP), wish, tmp_path / "whole")
    assert killed.read_bytes() == whole.path.read_bytes()
    assert not progress_file(killed).exists()


def test_the_stub_is_right_about_itself() -> None:
    rows = [stub_of.binance_row(t) for t in (START, START + STEP)]
    assert [float(r[1]) for r in rows] == [truth(START)["open"], truth(START + STEP)["open"]]
    assert math.isclose(np.mean([truth(t)["volume"] for t in range(START, NOW, STEP)]), 1006, rel_tol=0.01)
