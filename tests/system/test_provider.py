"""Markets from the person's own function: what it may return, what it may not, and one line for each."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pytest

from tools.contracts import MendelError
from tools.system.markets import every_market, load_system_markets
from tools.system.provider import provided_markets
from tools.system.provider_cache import AnswerCache
from tools.system.system import System

HEAD = """
import numpy as np
import pandas as pd


def table(count=600, base=100.0, freq="5min"):
    close = base + np.sin(np.arange(count) / 9)
    index = pd.date_range("2025-01-01", periods=count, freq=freq, tz="UTC")
    return pd.DataFrame({"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 5.0}, index=index)

"""
Make = Callable[..., System]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A system whose provider is ``feeds:bars`` with the given source."""

    def build(body: str, kind: str = "signals", more: str = "", system: str = "") -> System:
        text = f'[system]\n{system}\n[strategy]\nkind = "{kind}"\ntarget = "app:signals"\n'
        text += f'[data]\nprovider = "feeds:bars"\n{more}\n'
        (tmp_path / "mendel.toml").write_text(text, encoding="utf-8")
        (tmp_path / "feeds.py").write_text(HEAD + dedent(body), encoding="utf-8")
        return System.open(tmp_path)

    return build


def test_one_market_of_a_table_and_series_is_cut_at_the_vault_and_put_together(make: Make) -> None:
    system = make(
        """
        from dataclasses import dataclass

        @dataclass
        class Dataset:
            ohlcv: object
            oi: object
            flows: object

        def bars(symbols, timeframe):
            assert symbols == ["TONUSDT"] and timeframe == "15m"
            frame = table(3000)
            flows = pd.DataFrame({"buy_volume": 3.0, "sell_volume": 2.0}, index=frame.index)
            return Dataset(frame, np.arange(3000.0), flows)
        """,
        more='symbols = ["TONUSDT"]\ntimeframe = "15m"',
    )
    found = load_system_markets(system)
    market = found.markets["TONUSDT"]
    assert market.timeframe_minutes == 15 and market.time[-1] < found.until_ns
    assert market.columns["oi"][:3].tolist() == [2.0, 5.0, 8.0]
    assert market.roles["flow"] == ("flows_buy_volume", "flows_sell_volume")
    assert market.columns["flows_buy_volume"][0] == 9.0
    assert len(every_market(system)["TONUSDT"]) == 1000


def test_it_reads_the_systems_data_files_and_is_called_again_when_they_change(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "candles").mkdir()
    file = tmp_path / "candles/own.csv"
    source = """
        from pathlib import Path

        HERE = Path(__file__).parent

        def bars():
            assert not (HERE / ".env").exists() and not (HERE / ".mendel").exists()
            return {"TONUSDT": pd.read_csv("candles/own.csv")}
    """
    (tmp_path / ".env").write_text("SECRET=1")
    for count in (500, 400):
        index = pd.date_range("2025-01-01", periods=count, freq="5min", name="date")
        pd.DataFrame(1.0, index=index, columns=["open", "high", "low", "close", "volume"]).to_csv(file)
        system = make(source)
        for _ in range(2):
            assert len(every_market(system)["TONUSDT"]) == count
    answers = list((system.state / "provider").iterdir())
    assert len(answers) == 2
    (answers[0] / "answer.json").write_text("{")
    (answers[1] / "0.bin").write_bytes(b"12")
    with pytest.raises(MendelError, match="its answer cannot be read"):
        every_market(system)


WRONG = {
    "returns None": ("def bars():\n    table()", "feeds.py:11: bars returned None; return a DataFrame"),
    "impossible": (
        'def bars():\n    return {"TONUSDT": table().assign(high=1.0)}',
        "TONUSDT: 600 rows with high below low.*mend what it returns",
    ),
    "raises": (
        "def bars():\n    return 1 / 0",
        r"ZeroDivisionError: division by zero \(feeds.py:12\); mend it, run it again",
    ),
    "exits": ("import sys\ndef bars():\n    sys.exit(3)", r"SystemExit: 3 \(feeds.py:13\)"),
    "dies": (
        "import os\ndef bars():\n    print('hello')\n    os._exit(3)",
        "exit code 3.*hello.*let it return",
    ),
    "needs": (
        "def bars(dataset, portfolio):\n    return dataset",
        r'feeds.py:11: bars must be given dataset, portfolio; .*kind = "process"',
    ),
    "no such": ("def other():\n    pass", "feeds.py has no 'bars'"),
    "no module": (
        "import nosuchthing",
        r"No module named 'nosuchthing' \(feeds.py:11\).*stubs = \[\"nosuchthing\"\]",
    ),
    "syntax": ("def bars(:", r"SyntaxError: .*\(feeds.py:11\)"),
    "elsewhere": (
        'def bars():\n    return pd.read_csv("/data/x.csv")',
        r"FileNotFoundError.*it sees what lies below the system's folder \(0 data files\)",
    ),
    "network": (
        'import urllib.request\ndef bars():\n    return urllib.request.urlopen("http://203.0.113.1/x", timeout=3)',
        "it has no network: let it read files, or fetch them",
    ),
    "liar": (
        'def bars():\n    open(".mendel_provider/answer.json", "w").write("[" * 100000)\n    import os\n    os._exit(0)',
        "its answer cannot be read",
    ),
    "finer": ("def bars():\n    return table()", "bars of 5m, but .* timeframe = '1m'.*give finer data"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_gets_one_line(case: str, make: Make) -> None:
    body, words = WRONG[case]
    system = make(body, more='timeframe = "1m"' if case == "finer" else "")
    with pytest.raises(MendelError, match=words) as caught:
        every_market(system)
    assert "\n" not in str(caught.value) and "/system" not in str(caught.value)


def test_stubs_and_environment_reach_it(make: Make) -> None:
    body = """
        import os
        import influxdb

        def bars():
            influxdb.InfluxDBClient("10.1.2.3").query("select")
            return {os.environ["MARKET"]: table()}
    """
    system = make(body, system='stubs = ["influxdb"]\n[system.environment]\nMARKET = "TONUSDT"')
    assert list(provided_markets(system)) == ["TONUSDT"]


def test_where_the_bars_come_from_is_no_patchs_to_change(make: Make) -> None:
    system = make("def bars():\n    return table()")
    assert system.frozen("feeds.py") and not system.editable("feeds.py") and system.editable("app.py")


def test_a_cached_answer_is_whole_and_few_are_kept(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path)
    assert cache.get("a") is None
    for k, key in enumerate("abc"):
        cache.put(key, {"x": key.encode()})
        os.utime(tmp_path / key, (k, k))
    cache.put("d", {"x": b"d"})
    assert cache.get("d") == {"x": b"d"} and cache.get("a") is None
    assert len(list(tmp_path.iterdir())) == 2
