"""The development part of a system's data: one cut for all, nothing behind it, clear words when there is none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.contracts import Market, MendelError
from tools.system.markets import load_system_markets, vault_start
from tools.system.system import System

DAY = 86_400_000_000_000
START = datetime(2024, 1, 1, tzinfo=UTC)


def write_bars(path: Path, start: datetime, hours: int) -> None:
    index = pd.date_range(start, periods=hours, freq="1h")
    close = 100.0 + np.sin(np.arange(hours))
    frame = {
        "timestamp": index,
        "open": close,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": 5.0,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(frame).to_csv(path, index=False)


def attach(root: Path, more: str = "", path: str = "data/*.csv") -> System:
    root.mkdir(exist_ok=True)
    text = f'[strategy]\nkind = "signals"\ntarget = "app:signals"\n[data]\npath = "{path}"\n{more}'
    (root / "mendel.toml").write_text(text)
    return System.open(root)


@pytest.fixture
def system(tmp_path: Path) -> System:
    write_bars(tmp_path / "data/AAAUSDT-1h.csv", START, 24 * 20)
    write_bars(tmp_path / "data/BBBUSDT-1h.csv", START + timedelta(days=5), 24 * 20)
    return attach(tmp_path)


def test_one_cut_for_all_symbols_on_a_whole_day(system: System) -> None:
    found = load_system_markets(system)
    assert found.until == "2024-01-21T00:00:00+00:00"  # 25 days are covered, the newest fifth is 5 days
    assert {name: len(market) for name, market in found.markets.items()} == {
        "AAAUSDT": 480,
        "BBBUSDT": 24 * 15,
    }
    assert all(market.time[-1] < found.until_ns for market in found.markets.values())
    assert found.sources["AAAUSDT"].endswith("AAAUSDT-1h.csv")


def test_the_cut_does_not_depend_on_the_symbols_asked_for(system: System) -> None:
    alone = load_system_markets(system, symbols=["aaa"])
    assert list(alone.markets) == ["AAAUSDT"]
    assert alone.until_ns == load_system_markets(system).until_ns


def test_a_date_and_a_symbol_that_starts_after_it(tmp_path: Path, system: System) -> None:
    dated = attach(tmp_path, "[vault]\nfrom = 2024-01-03\n")
    found = load_system_markets(dated)
    assert list(found.markets) == ["AAAUSDT"] and len(found.markets["AAAUSDT"]) == 48
    assert "BBBUSDT" in found.skipped
    with pytest.raises(MendelError, match=r"\[vault\] from = 2023-01-01.*later date"):
        load_system_markets(attach(tmp_path, "[vault]\nfrom = 2023-01-01\n"))


def test_data_given_by_hand_is_relative_to_the_current_folder(
    tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bars(tmp_path / "other/CCCUSDT-1h.csv", START, 240)
    monkeypatch.chdir(tmp_path / "other")
    assert list(load_system_markets(system, data="CCC*.csv").markets) == ["CCCUSDT"]


@pytest.mark.parametrize(
    ("path", "words"),
    [("none/*.csv", r"no market data matches 'none/\*\.csv'.*mendel data synth"), ("", "mendel data synth")],
)
def test_no_data_names_the_pattern_and_the_remedy(tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(MendelError, match=words) as caught:
        load_system_markets(attach(tmp_path / "bare", path=path))
    assert "\n" not in str(caught.value)


def test_an_unknown_symbol_lists_the_known(system: System) -> None:
    with pytest.raises(MendelError, match="AAAUSDT, BBBUSDT"):
        load_system_markets(system, symbols=["ZZZ"])


@given(st.floats(0.01, 0.99), st.integers(2, 3000), st.integers(0, DAY))
def test_the_cut_lies_inside_the_data_and_keeps_the_vault_large_enough(
    fraction: float, hours: int, start: int
) -> None:
    time = start + np.arange(hours, dtype=np.int64) * 3_600_000_000_000
    market = Market("A", 60, time, {}, {})
    cut = vault_start({"A": market}, fraction)
    end = int(time[-1]) + 3_600_000_000_000
    assert start - 60_000_000_000 <= cut < end
    assert end - cut >= fraction * (end - start) - 1_000_000
