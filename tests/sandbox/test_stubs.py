"""Stand-ins for modules that are not there: what source does with a client's answers goes on, and calls are counted."""

import asyncio
import copy
import importlib
import json
import pickle
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_helpers import Asker

from sandbox.child import stubs
from sandbox.host.contracts import Limits, Status
from sandbox.host.sandbox import Sandbox


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    finders, loads, load = list(sys.meta_path), json.loads, json.load
    stubs.calls.clear()
    yield
    sys.meta_path[:], json.loads, json.load = finders, loads, load
    for name in [name for name, module in sys.modules.items() if isinstance(module, stubs.InertModule)]:
        del sys.modules[name]


@pytest.fixture
def redis() -> ModuleType:
    stubs.install(["redis"])
    return importlib.import_module("redis")


def test_results_are_empty_false_and_zero(redis: Any) -> None:
    answer = redis.Redis(host="10.0.0.1").get("key")
    assert not answer and len(answer) == 0 and list(answer) == [] and dict(answer) == {} and str(answer) == ""
    assert float(answer) == 0.0 and int(answer) == 0 and list(range(answer)) == [] and round(answer, 2) == 0.0
    assert f"{answer:.2f}|{answer:>3}|{answer}" == "0.00|0.0|" and answer.empty
    assert answer["deep"]["er"].price + 2 == 2.0 and 3 * answer == 0.0 and 7 - answer == 7.0
    assert not answer > 0 and answer >= 0 and answer == 0 and answer != 1 and answer is not None
    assert answer != "x" and answer + "x" == "x" and hash(answer) == hash(0)
    assert repr(1 / answer) == "<stub redis.Redis().get()>"


def test_sequences_rows_and_frames(redis: Any) -> None:
    client = redis.Redis()
    assert list(client.query("q").get_points()) == []
    assert pd.DataFrame(client.fetch_ohlcv("BTC/USDT"), columns=["time", "close"]).empty
    assert isinstance(client.query("q").to_dataframe(), pd.DataFrame)
    assert np.asarray(client.rows()).size == 0
    first, second = client.pair()
    head, *rest = client.pair()
    assert [bool(x) for x in (first, second, head)] == [False] * 3 and rest == []
    assert json.loads(client.get("k"))["price"] == 0 and json.loads("[1]") == [1]


def test_arithmetic_with_arrays_and_series(redis: Any) -> None:
    rate, array, series = redis.rate(), np.arange(3.0), pd.Series([1.0, 2.0])
    np.testing.assert_array_equal(array * rate, np.zeros(3))
    np.testing.assert_array_equal(rate + array, array)
    np.testing.assert_array_equal(np.maximum(array, rate), array)
    pd.testing.assert_series_equal(series + rate, series)
    pd.testing.assert_series_equal(rate * series, series * 0)
    assert (series > rate).all() and (array >= rate).all()


def test_exceptions_are_exception_classes(redis: Any) -> None:
    errors = importlib.import_module("redis.exceptions")
    with pytest.raises(errors.ConnectionError):
        raise errors.ConnectionError("gone", code=3)
    for name in (
        "ConnectionError",
        "RequestTimeout",
        "RateLimitExceeded",
        "ExchangeNotAvailable",
        "DDoSProtection",
    ):
        try:
            raise ValueError(name)
        except getattr(redis, name):
            raise AssertionError(name) from None
        except ValueError:
            pass
    assert (
        issubclass(redis.client.exceptions.NoSuchKey, Exception)
        and redis.ConnectionError is redis.ConnectionError
    )


def test_classes_decorators_and_annotations(redis: Any) -> None:
    @redis.retry(stop=redis.after(3))  # type: ignore[untyped-decorator]
    @redis.task  # type: ignore[untyped-decorator]
    def work(client: redis.Redis | None, other: redis.Redis | None = None) -> int:
        return 5

    class Settings(redis.BaseSettings, redis.Mixin, table=True):  # type: ignore[call-arg,misc]
        url: str = "x"

    class Mine(Settings, redis.Other):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="n")

    assert (
        work(None) == 5
        and not (None | redis.Redis)
        and Settings(url="y").url == "y"
        and Mine().name == "n"
        and not Mine().anything()
    )
    client = redis.Redis()
    assert (
        isinstance(client, redis.Redis)
        and not isinstance(3, redis.Redis)
        and not issubclass(int, redis.Redis)
    )


def test_contexts_awaiting_copies(redis: Any) -> None:
    async def talk() -> list[Any]:
        async with redis.Session() as session:
            answer = await session.get("x")
            return [row async for row in answer.rows()]

    with redis.lock("a") as lock:
        lock.value = 3
        assert lock.value == 3
    assert asyncio.run(talk()) == []
    inert = redis.Redis()
    assert pickle.loads(pickle.dumps(inert)) == inert == copy.deepcopy([inert])[0]
    assert next(iter(inert), None) is None and next(inert, None) is None


def test_a_loop_that_waits_ends(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = redis.Redis()
    while not client.ping():
        pass
    monkeypatch.setattr(stubs, "_MOST_LOOKS", 1000)
    with pytest.raises(stubs.StubWaitsError, match=r"redis.Redis.exists was looked at 1,000 times"):
        while not client.exists("x"):
            pass


def test_calls_are_counted_by_name_and_capped(redis: Any) -> None:
    client = redis.Redis()
    for turn in range(500):
        client.get(turn)
        getattr(client, f"odd_{turn}")()
    assert stubs.counted().splitlines()[:2] == ["redis.Redis.get 500", "redis.Redis 1"]
    assert len(stubs.calls) <= 200 and len(stubs.counted().splitlines()) == 24


def test_nothing_below_is_real_and_parents_stay(redis: Any) -> None:
    stubs.install(["email.nowhere", "wave"])
    assert (
        importlib.import_module("email.nowhere").thing() == 0
        and importlib.import_module("email").message_from_string
    )
    assert isinstance(importlib.import_module("wave"), stubs.InertModule)
    assert importlib.import_module("redis.asyncio.client").Redis().get("a") == 0


@given(st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False))
def test_it_counts_as_zero_beside_any_number(number: Any) -> None:
    zero: Any = stubs.Inert("x")
    assert zero + number == number and number - zero == number and zero * number == 0 == number * zero
    assert (zero < number) == (number > 0) and (zero == number) == (number == 0)


STRATEGY = """
import redis
from influxdb import InfluxDBClient
cache = redis.Redis(host="10.1.2.3")
def decide(bars):
    try:
        points = list(InfluxDBClient("db").query("select 1").get_points())
    except redis.ConnectionError:
        points = []
    for _ in range(3):
        cache.get("x")
    {more}
    return bars.assign(enter_long=float(len(points) == 0))
"""


def test_calls_cross_the_wall_as_counts(box: Sandbox, ask: Asker) -> None:
    both = ("redis", "influxdb")
    outcome = box.evaluate(ask(STRATEGY.format(more=""), stubs=both))
    assert outcome.status is Status.OK and outcome.stub_calls["redis.Redis.get"] == 3, outcome.reason
    assert outcome.stub_calls["influxdb.InfluxDBClient.query"] == 1
    failed = box.evaluate(ask(STRATEGY.format(more="raise ValueError('later')"), stubs=both))
    assert (
        failed.status is Status.REJECTED
        and "later" in failed.reason
        and failed.stub_calls["redis.Redis"] == 1
    )
    named = box.evaluate(ask(STRATEGY.format(more=""), stubs=("redis",)))
    assert 'stubs = ["influxdb"]' in named.reason


def test_calls_are_known_when_the_strategy_never_ends(box: Sandbox, ask: Asker) -> None:
    waits = "import time\n    while not cache.exists('k'):\n        time.sleep(0.05)"
    limits = Limits(cpu_seconds=5, wall_seconds=1.5)
    outcome = box.evaluate(ask(STRATEGY.format(more=waits), stubs=("redis", "influxdb"), limits=limits))
    assert outcome.status is Status.TIMEOUT and outcome.stub_calls["redis.Redis.exists"] >= 8


def test_what_a_strategy_writes_there_is_not_believed(box: Sandbox, ask: Asker) -> None:
    forged = "import os\ndef decide(bars):\n    os.pwrite(5, b'\\x1b[31m evil\\nnot a call\\nos.system -3\\n' + b'x' * 1900, 2048)\n    os._exit(0)\n"
    assert box.evaluate(ask(forged, stubs=("redis",))).stub_calls == {}


def test_environment_variables_are_given(box: Sandbox, ask: Asker) -> None:
    reads = "import os\nKEY = os.environ['API_KEY']\ndef decide(bars):\n    return bars.assign(enter_long=float(KEY == 'made up'))\n"
    assert "KeyError: 'API_KEY'" in box.evaluate(ask(reads)).reason
    given_one = box.evaluate(ask(reads, environment={"API_KEY": "made up"}))
    assert given_one.decisions is not None and given_one.decisions[0, 0] == 1.0
