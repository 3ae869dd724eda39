"""The dry run of a system that has just been attached: what it saw, what it lacked, what was put in place."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from attach_kit import SIGNALS, tried, write

from lab.worlds import generate_world, write_world
from tools.system import dry_run
from tools.system.config import load_config


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A glob of one symbol, 6 days of 5 minutes."""
    folder = tmp_path_factory.mktemp("dry")
    write_world(generate_world(days=6, symbols=["BTCUSDT"], seed=4), folder)
    return f"{folder}/*.parquet"


def signals(body: str, above: str = "") -> dict[str, str | bytes]:
    """A strategy whose function begins with ``body``, below ``above``."""
    inside = "\n".join("    " + line for line in dedent(body).splitlines())
    return {"bot.py": dedent(above) + SIGNALS.replace("    up = bars", f"{inside}\n    up = bars")}


def test_what_a_dry_run_shows(tmp_path: Path, world: str) -> None:
    more = "if bars['volume'].iloc[-1] < 0: raise ValueError\nbars['volume'] = bars['volume'] * 2"
    dry = tried(write(tmp_path, signals(more)), world).dry
    assert (dry.status, dry.reason, dry.synthetic, dry.symbol, dry.timeframe_minutes) == (
        "ok",
        "",
        True,
        "BTCUSDT",
        5,
    )
    assert dry.decisions is not None and 20 < dry.decisions["enter_long"] < dry.bars and dry.trades
    assert dry.decisions["enter_short"] == dry.decisions["stop"] == 0 and 1000 < dry.bars < 6 * 288
    assert dry.columns_read == ("close", "volume") and "open_interest" in dry.columns
    assert dry.roles["volume"] == ("volume",) and dry.roles["flow"] == ("taker_buy_volume",)
    assert not any(dry.missing.values()) and dry.seconds < 30.0


def test_its_own_data_are_used_and_damaged_ones_are_named(tmp_path: Path, world: str) -> None:
    write_world(generate_world(days=5, symbols=["TONUSDT"], seed=1), tmp_path / "data")
    write(tmp_path, {"bot.py": SIGNALS})
    dry = tried(tmp_path, world).dry
    assert (dry.status, dry.synthetic, dry.symbol) == ("ok", False, "TONUSDT")
    file = next((tmp_path / "data").glob("TON*.parquet"))
    file.unlink()
    write(tmp_path, {"data/TONUSDT-5m.csv": "time,open,high,low,close\nnot,a,candle,at,all\n"})
    dry = tried(tmp_path, world).dry
    assert (dry.status, dry.synthetic) == ("ok", True) and "the data cannot be used" in dry.notes[0], dry


def test_columns_that_no_data_has_are_all_named(tmp_path: Path, world: str) -> None:
    files = signals(
        "bars['x'] = bars['cvd'] + bars.basis\nbars['y'] = bars[['liquidations', 'cvd']].sum(axis=1)"
    )
    dry = tried(write(tmp_path, files), world).dry
    assert dry.status == "rejected" and "KeyError: 'cvd' (bot.py:5)" in dry.reason
    assert set(dry.missing["columns"]) == {"cvd", "basis", "liquidations"}
    assert dry.decisions is None and dry.trades is None and dry.columns_read is None


def test_columns_that_a_class_of_backtesting_misses_are_named_however_it_reads_them(
    tmp_path: Path, world: str
) -> None:
    source = """
        from backtesting import Strategy
        class Trend(Strategy):
            def init(self):
                self.atr = self.I(lambda: self.data.df["ATR"])
                self.level = self.I(lambda: self.data.Level)
            def next(self):
                self.buy()
        """
    dry = tried(write(tmp_path, {"bot.py": dedent(source)}), world).dry
    assert dry.reason.startswith("KeyError: 'ATR' (bot.py:5); the market has open, high, "), dry.reason
    assert set(dry.missing["columns"]) == {"ATR", "Level"}


CLIENTS = """
import redis_nobody_has
from influx_nobody_has import InfluxDBClient
db = InfluxDBClient("10.255.255.1", 8086)
"""


def test_missing_modules_are_stubbed_where_one_agrees(tmp_path: Path, world: str) -> None:
    lazy = "import late_nobody_has\nlate_nobody_has.send('x')\nlist(db.query('select').get_points())"
    root = write(tmp_path, signals(lazy, CLIENTS))
    asked: list[str] = []
    found = tried(root, world, agree=lambda question: not asked.append(question))  # type: ignore[func-returns-value]
    assert found.dry.status == "ok", found.dry.reason
    assert found.settled == ("stubbed: influx_nobody_has, redis_nobody_has", "stubbed: late_nobody_has")
    assert "bot.py:3, not installed" in asked[0] and "late_nobody_has is not installed" in asked[1]
    assert found.dry.stub_calls["influx_nobody_has.InfluxDBClient"] >= 1
    assert load_config(root).system.stubs == ["influx_nobody_has", "late_nobody_has", "redis_nobody_has"]


def test_missing_modules_are_left_where_one_does_not_agree(tmp_path: Path, world: str) -> None:
    root = write(tmp_path, signals("", CLIENTS))
    found = tried(root, world, agree=lambda _: False)
    assert found.dry.status == "rejected" and 'stubs = ["redis_nobody_has"]' in found.dry.reason
    assert found.dry.missing["modules"] == ("redis_nobody_has", "influx_nobody_has") and not found.settled
    text = (root / "mendel.toml").read_text()
    assert (
        '# stubs = ["influx_nobody_has", "redis_nobody_has"]' in text and load_config(root).system.stubs == []
    )


def test_a_module_that_computes_is_never_stubbed(tmp_path: Path, world: str) -> None:
    root = write(tmp_path, signals("bars['r'] = tulipy.rsi(bars['close'].to_numpy(), 14)", "import tulipy\n"))
    found = tried(root, world)
    assert (
        found.dry.status == "rejected" and found.dry.missing["modules"] == ("tulipy",) and not found.settled
    )
    assert "# install tulipy for this interpreter: bot.py line 1" in (root / "mendel.toml").read_text()


def test_variables_without_a_value_are_made_up(tmp_path: Path, world: str) -> None:
    above = "import os\nKEY = os.environ['API_KEY']\nWAIT = int(os.environ['WAIT_S'])\nURL = os.getenv('URL', 'none')\n"
    root = write(tmp_path, signals("", above))
    refused = tried(root, world, agree=lambda _: False).dry
    assert "KeyError: 'API_KEY' (bot.py:2)" in refused.reason and refused.missing["environment"] == (
        "API_KEY",
        "WAIT_S",
    )
    assert refused.missing["columns"] == ()
    found = tried(root, world)
    assert found.dry.status == "ok" and found.settled == ("made up: API_KEY, WAIT_S",)
    assert load_config(root).system.environment == {"API_KEY": "1", "WAIT_S": "1"}


@pytest.mark.parametrize(
    ("above", "status", "said"),
    [
        ("import sys\nsys.exit(3)\n", "rejected", "SystemExit: 3 (bot.py:2)"),
        ("import os\nos._exit(0)\n", "rejected", "without an answer"),
        ("while True:\n    pass\n", "timeout", ""),
        ("import time\ntime.sleep(1000)\n", "timeout", "no answer after 1.5 s"),
        ("import pathlib\n(pathlib.Path(__file__).parent / 'logs').mkdir()\n", "ok", ""),
        ("print('x' * 10_000_000)\n", "ok", ""),
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n", "ok", ""),
        (
            "import argparse\nargparse.ArgumentParser().parse_args(['--no-such'])\n",
            "rejected",
            "SystemExit: 2",
        ),
        ("input('go on? ')\n", "rejected", "EOFError"),
        ("import multiprocessing\nmultiprocessing.Pool(2)\n", "rejected", "bot.py:2"),
        ("1 / 0\n", "rejected", "ZeroDivisionError: division by zero (bot.py:1)"),
    ],
)
def test_what_happens_at_import(
    tmp_path: Path, world: str, above: str, status: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "_SECONDS", 1.5)
    root = write(tmp_path, signals("", above))
    found = tried(root, world)
    assert found.dry.status == status and said in found.dry.reason, found.dry
    assert load_config(root).strategy.target == "bot:signals" and sorted(p.name for p in root.iterdir()) == [
        ".mendel",
        "bot.py",
        "mendel.toml",
    ]


def test_a_strategy_that_draws_lots_has_no_columns(tmp_path: Path, world: str) -> None:
    files = {
        "bot.py": "import numpy as np\ndef signals(bars):\n    return bars.assign(enter_long=np.random.rand(len(bars)) > 0.9)\n"
    }
    dry = tried(write(tmp_path, files), world).dry
    assert dry.status == "ok" and dry.columns_read is None and "do not decide alike" in dry.notes[-1]


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who came."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        going = threading.Event()

        def serve() -> None:
            while not going.is_set():
                try:
                    connection, address = server.accept()
                    came.append(address)
                    connection.close()
                except TimeoutError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], came
        going.set()
        thread.join()


_attempts: list[tuple[str, object]] = []
_watching = threading.Event()


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching.is_set() or not event.startswith("socket."):
        return
    own = event == "socket.connect" and isinstance(arguments[1], str | bytes)  # a socket of the file system
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname") and not own:
        _attempts.append((event, arguments))


def test_no_address_is_ever_contacted(tmp_path: Path, world: str, listener: tuple[int, list[object]]) -> None:
    """Written into the source in every way, tried at import and when asked: the machine's own listener sees nobody, each
    attempt inside fails at the wall, and this process attempts none."""
    port, came = listener
    above = f"""
        import asyncio, http.client, os, socket, urllib.request
        ADDRESSES = [("127.0.0.1", {port}), ("localhost", {port}), ("10.255.255.1", 80), ("192.0.2.7", 443), ("db.example.com", 5432), ("::1", {port})]
        FAILED = []
        def attempt(function, *args):
            try:
                function(*args)
            except OSError as error:
                FAILED.append(type(error).__name__)
        for address in ADDRESSES:
            attempt(lambda: socket.create_connection(address, timeout=1))
            attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", address))
            attempt(lambda: urllib.request.urlopen(f"http://{{address[0]}}:{{address[1]}}/", timeout=1))
            attempt(lambda: http.client.HTTPConnection(*address, timeout=1).request("GET", "/"))
        attempt(lambda: socket.socket(socket.AF_UNIX).connect("/run/x.sock"))
        attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
    """
    body = "for address in ADDRESSES:\n    attempt(lambda: socket.create_connection(address, timeout=1))\nbars['size'] = 1.0\nif len(FAILED) != 32: raise ValueError(f'{len(FAILED)} attempts failed: {FAILED}')"
    root = write(tmp_path, signals(body, above))
    sys.addaudithook(_audit)
    _watching.set()
    try:
        found = tried(root, world)
    finally:
        _watching.clear()
    assert found.dry.status == "ok", found.dry.reason  # all 32 attempts failed
    assert came == []
    assert _attempts == []
    with socket.create_connection(("127.0.0.1", port)):  # the count counts
        pass
    while not came:
        pass
    assert len(came) == 1


@pytest.mark.parametrize(
    ("file", "beside"),
    [
        ("signal.py", {}),
        ("random.py", {}),
        ("my-bot/2 trend.py", {}),
        ("tools/agents.py", {"tools/__init__.py": "", "agents.py": ""}),
        ("v1.2/sandbox.py", {}),
        ("boty é /обмін.py", {}),
        ("s-2/a.py", {"s-2/b.py": "x = 1\n"}),
    ],
)
def test_odd_names_run(tmp_path: Path, world: str, file: str, beside: dict[str, str]) -> None:
    first = "import b\n" if "s-2/b.py" in beside else ""
    dry = tried(write(tmp_path, {file: first + SIGNALS, **beside}), world).dry
    assert (dry.status, dry.columns_read) == ("ok", ("close",)), dry.reason


def test_talib_is_stood_in_for_and_never_missing(tmp_path: Path, world: str) -> None:
    more = "bars['r'] = talib.RSI(bars['close'], timeperiod=14)\nbars['close'] = bars['close'].where(bars['r'] < 90)"
    found = tried(write(tmp_path, signals(more, "import talib\n")), world)
    assert found.dry.status == "ok" and not found.settled and not any(found.dry.missing.values()), found.dry
