"""``mendel data``, ``init`` and ``attach`` with what people have lying about."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_kit import RULES, mendel, refused, tree

MEND = "mendel data check FILE --repair --to FOLDER"


def bars(count: int = 300) -> pd.DataFrame:
    close = 100 + np.sin(np.arange(count) / 9)
    time = pd.date_range("2025-01-01", periods=count, freq="5min", tz="UTC")
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 5.0}
    return pd.DataFrame({"timestamp": time, **columns})


FAULTS = {
    "gap": (bars().drop(index=range(50, 60)), "10 bars missing in 1 gap", "filled 10 missing bars"),
    "duplicate": (pd.concat([bars(), bars().iloc[[299]]]), "1 repeated time", "dropped 1 repeated row"),
    "negative": (
        bars().assign(volume=lambda x: x.volume.where(x.index != 5, -1.0)),
        "negative value",
        "to 0",
    ),
    "high_low": (
        bars().assign(high=lambda x: x.high.where(x.index != 5, 1.0)),
        "high below low",
        "impossible",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_mended_elsewhere(fault: str, tmp_path: Path) -> None:
    table, named, mended = FAULTS[fault]
    file = tmp_path / "TONUSDT-5m.csv"
    table.to_csv(file, index=False)
    original = file.read_bytes()
    refused(mendel("data", "check", file, "--json"), 2, "TONUSDT-5m.csv", named, MEND)
    done = mendel("data", "check", file, "--repair", "--to", tmp_path / "mended", "--json")
    assert done.code == 0 and any(mended in note for note in done.document["symbols"]["TONUSDT"]["notes"])
    assert file.read_bytes() == original
    (written,) = (tmp_path / "mended").iterdir()
    assert done.document["files"] == [str(written)]
    clean = mendel("data", "check", written, "--timeframe", "5m", "--json")
    assert clean.code == 0 and clean.document["symbols"]["TONUSDT"]["notes"] == []


def test_what_cannot_be_mended(tmp_path: Path) -> None:
    empty, text, good = (tmp_path / f"{name}USDT-5m.csv" for name in ("A", "B", "C"))
    empty.write_bytes(b"")
    bars().assign(close="x").to_csv(text, index=False)
    bars().to_csv(good, index=False)
    refused(mendel("data", "check", empty, "--repair", "--json"), 2, "the file is empty", "at least 2 bars")
    refused(mendel("data", "check", text, "--json"), 2, "column 'close' is not numeric")
    refused(
        mendel("data", "check", good, "--timeframe", "1h", "--json"), 2, "bars of 5m, but 1h is configured"
    )
    refused(mendel("data", "check", tmp_path / "none*.csv", "--json"), 2, "no market file matches")


def test_the_original_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "TONUSDT-5m.parquet"
    bars().drop(index=range(50, 60)).to_parquet(file, index=False)
    original = file.read_bytes()
    refused(mendel("data", "check", file, "--repair", "--to", tmp_path, "--json"), 2, "would be written over")
    assert file.read_bytes() == original
    refused(mendel("data", "check", file, "--repair", "--to", file, "--json"), 2, "is a file; name a folder")


def test_init_leaves_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    before = tree(tmp_path)
    refused(mendel("init", tmp_path, "--json"), 2, "exists already and is not empty; name another folder")
    refused(mendel("init", tmp_path / "mine", "--json"), 2, "mine: exists already")
    assert tree(tmp_path) == before
    assert (Path(mendel("init", tmp_path / "a b", "--json").document["system"]) / "mendel.toml").is_file()


def folder(place: Path, **files: str) -> Path:
    place.mkdir()
    for name, text in files.items():
        (place / f"{name}.py").write_text(text, encoding="utf-8")
    return place


def test_attach_where_there_is_no_strategy(tmp_path: Path) -> None:
    for name, text in {"none": "x = 1\n", "broken": "def signals(:\n"}.items():
        place = folder(tmp_path / name, a=text)
        before = tree(place)
        refused(mendel("attach", place, "--json"), 2, "no strategy found", "--target module:function")
        assert tree(place) == before


def test_attach_with_two_strategies(tmp_path: Path) -> None:
    place = folder(tmp_path / "two", a=RULES, b=RULES)
    before = tree(place)
    refused(mendel("attach", place, "--json"), 2, "a:signals, b:signals could each be the strategy", "--yes")
    assert tree(place) == before
    chosen = mendel("attach", place, "--yes", "--json").document
    assert chosen["target"] == "a:signals" and chosen["candidates"] == ["b:signals"]
    written = (place / "mendel.toml").read_bytes()
    refused(mendel("attach", place, "--json"), 2, "mendel.toml: exists already", "--force")
    assert (place / "mendel.toml").read_bytes() == written
    assert (
        mendel("attach", place, "--target", "b:signals", "--force", "--json").document["target"]
        == "b:signals"
    )


@pytest.mark.slow
def test_an_attached_system_evolves(tmp_path: Path, small_candles: Path) -> None:
    place = folder(tmp_path / "bot", rules=RULES, notes="def x(:\n")
    shutil.copytree(small_candles, tmp_path / "candles")
    attached = mendel("attach", place, "--data", tmp_path / "candles/*.parquet", "--json")
    assert attached.code == 0 and any("notes.py does not parse" in n for n in attached.document["notes"])
    evolved = mendel("evolve", place, "--yes-fixes", "--json")
    assert evolved.code == 0 and [p["status"] for p in evolved.document["patches"]] == ["applied"], (
        evolved.err
    )
    name = evolved.document["patches"][0]["id"]
    assert mendel("patch", "rollback", name, "--system", place, "--json").code == 0
    assert (place / "rules.py").read_text(encoding="utf-8") == RULES
