"""The loop's own fetching: new bars where an exchange is set, the old ones where it cannot be reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_stub import HOUR, NOW, START, STEP, Stub, running

from agents.loop import fingerprint
from tools.contracts import MendelError
from tools.system.markets import every_market
from tools.system.refresh import refresh
from tools.system.system import System

TOML = """
[strategy]
kind = "signals"
target = "app:signals"

[data]
path = "candles/*.parquet"
repair = true

[data.fetch]
exchange = "binance"
symbols = ["TON/USDT"]
since = "2025-03-06"
series = ["taker"]
to = "candles"
url = "{url}"
"""


def system(folder: Path, text: str) -> System:
    (folder / "mendel.toml").write_text(text, encoding="utf-8")
    (folder / "app.py").write_text("def signals(bars):\n    return bars\n", encoding="utf-8")
    return System.open(folder)


def test_each_look_has_the_bars_that_have_closed_since(tmp_path: Path) -> None:
    said: list[str] = []
    with running(Stub(now=NOW - HOUR, gaps={NOW - NOW % STEP - 5 * HOUR})) as stub:
        attached = system(tmp_path, TOML.format(url=stub.url))
        (first,) = refresh(attached, said.append)
        seen = fingerprint(attached, None)
        assert first.path == tmp_path / "candles/TONUSDT-5m.parquet"
        stub.now = NOW
        (second,) = refresh(attached, said.append)
        assert second.new_bars == HOUR // STEP and fingerprint(attached, None) != seen
        (third,) = refresh(attached, said.append)
        assert third.new_bars == 0
    assert attached.source_files() == ("app.py", "mendel.toml")
    market = every_market(attached)["TONUSDT"]
    assert len(market) == (NOW - START) // STEP - 5 * 288 and "filled 1 missing bar" in market.notes[0]
    assert said == ["TONUSDT: 563 new bars", "TONUSDT: 12 new bars"]


def test_an_exchange_that_is_gone_is_said_and_settings_that_cannot_work_are_refused(tmp_path: Path) -> None:
    said: list[str] = []
    with running(Stub(faults=lambda page, rows: (403, {}, b"{}"))) as stub:
        assert refresh(system(tmp_path, TOML.format(url=stub.url)), said.append) == []
    assert len(said) == 1 and "no new bars: binance: page of candles of TON/USDT is refused" in said[0]
    with pytest.raises(MendelError, match="since = 'soon': is no date"):
        refresh(system(tmp_path, TOML.replace("2025-03-06", "soon")), said.append)
    with pytest.raises(MendelError, match="symbols are missing"):
        system(tmp_path, TOML.replace('symbols = ["TON/USDT"]', ""))
    assert refresh(system(tmp_path, TOML.split("[data.fetch]")[0]), said.append) == []
