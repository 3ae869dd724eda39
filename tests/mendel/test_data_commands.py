"""``mendel data fetch`` and ``mendel data import`` as commands: their document, their lines, their exit codes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_kit import COMMAND, ENVIRONMENT, ROOT, mendel, refused
from exchange_stub import NOW, START, STEP, Stub, running

FETCH = ("data", "fetch", "--exchange", "binance", "--symbol", "TON/USDT")


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with running(Stub(gaps={START + 10 * STEP, START + 11 * STEP})) as stub:
        yield stub


def test_fetch_tells_what_the_file_holds_and_fetches_no_bar_twice(stub: Stub, tmp_path: Path) -> None:
    data = tmp_path / "data"
    asked = (*FETCH, "--timeframe", "5m", "--since", "2025-03-01", "--to", data, "--url", stub.url, "--json")
    first = mendel(*asked, "--with", "taker", "--until", "2025-03-02T00:00:00Z")
    assert first.code == 0, first.err
    facts = first.document["symbols"]["TONUSDT"]
    assert first.document["files"] == [str(data / "TONUSDT-5m.parquet")] and first.document["failed"] == {}
    assert (facts["bars"], facts["new_bars"], facts["missing_bars"]) == (286, 286, 2)
    assert facts["gaps"] == [{"from": "2025-03-01T00:50:00+00:00", "bars": 2}]
    assert facts["from"] == "2025-03-01T00:00:00+00:00" and facts["to"] == "2025-03-01T23:55:00+00:00"
    assert facts["columns"][-2:] == ["quote_volume", "taker_buy_volume"]
    second = mendel(*asked[:-1])
    assert second.code == 0 and "2,014 bars" in second.out and "1,728 new" in second.out
    assert "2 bars that the exchange does not have, in 1 gap" in second.out
    third = mendel(*FETCH, "--to", data, "--url", stub.url, "--json")
    assert third.document["symbols"]["TONUSDT"]["new_bars"] == 0
    checked = mendel("data", "check", data / "TONUSDT-5m.parquet", "--repair", "--timeframe", "5m", "--json")
    assert checked.document["symbols"]["TONUSDT"]["roles"]["flow"] == ["taker_buy_volume"]


def test_fetch_goes_on_where_one_symbol_fails(stub: Stub, tmp_path: Path) -> None:
    done = mendel(
        *FETCH,
        "--symbol",
        "NOPE/USDT",
        "--since",
        "2025-03-07",
        "--to",
        tmp_path,
        "--url",
        stub.url,
        "--json",
    )
    assert done.code == 1 and list(done.document["symbols"]) == ["TONUSDT"]
    assert "has no market 'NOPE/USDT'" in done.document["failed"]["NOPE/USDT"]
    assert "1 of 2 symbols failed" in done.lines[-1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--since", "yesterday"), "--since 'yesterday': is no date"),
        (("--since", "2025-03-02", "--until", "2025-03-01"), "is not after --since"),
        (("--with", "taker,orders"), "--with 'orders': not something to fetch"),
        (("--symbol", "TON/USDT:USDT"), "two of the symbols would be TONUSDT-5m.parquet"),
        (("--url", "localhost:80"), "is no address"),
        (("--timeframe", "1x"), "timeframe '1x' is not known"),
    ],
)
def test_bad_options_of_fetch(more: tuple[str, ...], words: str, tmp_path: Path) -> None:
    refused(mendel(*FETCH, "--to", tmp_path / "data", *more, "--json"), 2, words)
    assert not (tmp_path / "data").exists()


def test_without_ccxt_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "ccxt.py").write_text("raise ModuleNotFoundError(\"No module named 'ccxt'\", name='ccxt')\n")
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    run = subprocess.run(
        [*COMMAND, *FETCH, "--since", "2025-01-01"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert (run.returncode, run.stderr) == (2, "fetching needs ccxt: pip install 'mendel[exchange]'\n")


def test_import_names_what_it_cannot_read(tmp_path: Path) -> None:
    rows = "".join(f"{START + k * STEP},1,1,1,1,5\n" for k in range(50))
    (tmp_path / "TON_USDT-5m.csv").write_text(rows)
    (tmp_path / "ETHUSDT-5m.csv").write_text("nothing\n")
    done = mendel("data", "import", tmp_path / "*.csv", "--to", tmp_path / "data", "--json")
    (file,) = done.document["files"]
    assert done.code == 1 and (file["symbol"], file["status"], file["bars"]) == ("TONUSDT", "written", 50)
    assert list(done.document["failed"]) == ["ETHUSDT-5m.csv"]
    (tmp_path / "ETHUSDT-5m.csv").unlink()
    again = mendel("data", "import", tmp_path / "TON_USDT-5m.csv", "--to", tmp_path / "data")
    assert again.code == 0 and "TONUSDT-5m.parquet: unchanged, 50 bars" in again.out
    refused(mendel("data", "import", tmp_path / "none.csv", "--json"), 2, "no such file")
    refused(
        mendel("data", "import", tmp_path / "data", "--to", file["file"], "--json"),
        2,
        "is a file; name a folder",
    )


def test_a_provider_serves_every_command(tmp_path: Path, small_candles: Path) -> None:
    from cli_kit import CONFIG, make_tiny

    place = make_tiny(tmp_path / "bot", small_candles)
    config = CONFIG.replace('path = "data/*.parquet"', 'provider = "tiny.feeds:bars"')
    (place / "mendel.toml").write_text(config, encoding="utf-8")
    (place / "tiny/feeds.py").write_text(
        "import pandas as pd\n\n\ndef bars():\n"
        '    return {s: pd.read_parquet(f"data/{s}-5m.parquet") for s in ("ETHUSDT", "TONUSDT")}\n'
    )
    by_files = mendel("backtest", make_tiny(tmp_path / "files", small_candles), "--json")
    by_provider = mendel("backtest", place, "--json")
    assert by_provider.code == by_files.code == 0, by_provider.err
    assert by_provider.document["symbols"] == by_files.document["symbols"]
    (place / "tiny/feeds.py").write_text("def bars():\n    return [1, 2, 3]\n")
    refused(
        mendel("backtest", place, "--json"),
        2,
        "tiny/feeds.py:1: bars returned a bare list; return a DataFrame",
    )


def test_the_clock_of_the_stub_is_inside_a_bar() -> None:
    assert NOW % STEP not in (0, STEP - 1)
