"""Data under any name is no source, and what is written is none of it: else a bundle is a way round the vault."""

from __future__ import annotations

import bz2
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.system.series_file import holds_series
from tools.system.source import SourceWalk
from tools.system.system import System

START = datetime(2025, 1, 1, tzinfo=UTC)
OPENS = [START + timedelta(minutes=5 * k) for k in range(60)]
BARS = [[int(t.timestamp() * 1000), 97000, 97100, 96900, 97050, 12] for t in OPENS]
NAMES = ("time", "open", "high", "low", "close", "volume")


def lines(written: Callable[[datetime], str], mark: str = ",") -> str:
    rows = [[written(t), *map(str, bar[1:])] for t, bar in zip(OPENS, BARS, strict=True)]
    return "\n".join(mark.join(row) for row in rows)


TABLES = {
    "bars.json": json.dumps(BARS),
    "pretty.json": json.dumps(BARS, indent=2),
    "records.jsonl": "\n".join(json.dumps(dict(zip(NAMES, bar, strict=True))) for bar in BARS),
    "columns.json": json.dumps(dict(zip(NAMES, zip(*BARS, strict=True), strict=True))),
    "seconds.dat": "\n".join(f"{bar[0] // 1000} 1.2 1.3 1.1 1.2" for bar in BARS),
    "nanoseconds.txt": "\n".join(f"{bar[0]}000000;1;2;3;4" for bar in BARS),
    "floats.json": json.dumps([[float(bar[0]), *bar[1:]] for bar in BARS]),
    "iso.txt": lines(lambda t: t.isoformat()),
    "days.yaml": lines(lambda t: (START + (t - START) * 288).strftime("%Y-%m-%d")),
    "compact": lines(lambda t: t.strftime("%Y%m%d %H%M%S"), ";"),
    "german.asc": lines(lambda t: t.strftime("%d.%m.%Y %H:%M"), ";"),
    "bot.log": "\n".join(f"{t:%Y-%m-%d %H:%M:%S},123 INFO closed at 3.4, profit 1.2 %" for t in OPENS),
}
WRITTEN = {
    "settings.json": json.dumps({"ema": 21, "since": "2025-01-01", "levels": [1.5, 2.5] * 200}),
    "weights.json": json.dumps([k / 7 for k in range(5000)]),
    "holidays.yaml": "\n".join(f"- {START + timedelta(days=k):%Y-%m-%d}" for k in range(60)),
    "uv.lock": lines(lambda t: t.isoformat()),
    "table.py": f"BARS = {BARS}",
    "broken.json": "{",
    "empty.txt": "",
}


@pytest.mark.parametrize("name", TABLES)
def test_series_are_found_under_any_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TABLES[name])
    assert holds_series(tmp_path / name) and SourceWalk(tmp_path).files() == ()
    (tmp_path / name).write_bytes(TABLES[name].encode("utf-16"))
    assert holds_series(tmp_path / name)
    for packed in (bz2.compress(TABLES[name].encode()), pickle.dumps(BARS)):
        (tmp_path / "other.thing").write_bytes(packed)
        assert holds_series(tmp_path / "other.thing")


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_source(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(WRITTEN[name])
    assert not holds_series(tmp_path / name) and SourceWalk(tmp_path).files() == (name,)
    assert not holds_series(tmp_path / "gone.json")


def test_a_fixture_with_bars_is_for_the_tests_alone(tmp_path: Path) -> None:
    (tmp_path / "mendel.toml").write_text('[strategy]\nkind = "signals"\ntarget = "app:signals"\n')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "bars.csv").write_text(TABLES["iso.txt"])
    (tmp_path / "tests" / "rates.csv").write_text("name,rate\na,0.1\n")
    system = System.open(tmp_path)
    assert system.source_files() == ("mendel.toml", "tests/rates.csv")
    assert system.test_data() == {"tests/bars.csv": TABLES["iso.txt"].encode()}
