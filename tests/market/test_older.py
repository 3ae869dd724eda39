"""A market file without its newest rows is otherwise the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from tools.market.load import load_market
from tools.market.older import older_rows
from tools.market.problems import MarketError

START = 1_700_006_400_000


def table(rows: int = 100) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    close = 100 + rng.normal(0, 1, rows).cumsum()
    columns = {
        "open": close,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": rng.gamma(2, 50, rows),
    }
    times = START + 300_000 * np.arange(rows)
    return pd.DataFrame({"open_time": times, **columns, "note": [f"n{i}" for i in range(rows)]})


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv", ".csv.gz"])
def test_rows_before_a_time_in_the_same_form(tmp_path: Path, suffix: str) -> None:
    whole, file, copy = table(), tmp_path / f"TONUSDT-5m{suffix}", tmp_path / f"cut-TONUSDT{suffix}"
    if suffix == ".parquet":
        whole.to_parquet(file)
    elif suffix == ".feather":
        whole.to_feather(file)
    else:
        whole.to_csv(file, index=False)
    until_ns = (START + 300_000 * 60) * 1_000_000
    data = older_rows(file, until_ns)
    assert data is not None
    copy.write_bytes(data)
    read = {".parquet": pd.read_parquet, ".feather": pd.read_feather}.get(suffix, pd.read_csv)
    pd.testing.assert_frame_equal(read(copy), read(file).iloc[:60].reset_index(drop=True))
    market = load_market(file).until(until_ns)
    np.testing.assert_array_equal(load_market(copy, symbol="TONUSDT").time, market.time)
    assert older_rows(file, START * 1_000_000) is None


def test_the_text_of_a_csv_stays(tmp_path: Path) -> None:
    file = tmp_path / "TONUSDT.csv"
    lines = [
        "timestamp,open,high,low,close",
        *(f"2024-01-0{d} 00:00:00,1.10,2.00,1.0,1.500" for d in range(1, 9)),
    ]
    file.write_text("\n".join(lines) + "\n")
    until = int(pd.Timestamp("2024-01-05", tz="UTC").value)
    assert older_rows(file, until) == ("\n".join(lines[:5]) + "\n").encode()


def test_unsorted_rows_are_judged_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "TONUSDT-5m.parquet"
    table().sample(frac=1.0, random_state=1).to_parquet(file, index=False)
    data = older_rows(file, (START + 300_000 * 10) * 1_000_000)
    assert data is not None
    times = pyarrow.parquet.read_table(pyarrow.BufferReader(data))["open_time"].to_pylist()
    assert sorted(times) == [START + 300_000 * i for i in range(10)]


def test_what_is_no_market_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MarketError, match="not a candle file"):
        older_rows(tmp_path / "x.csv", 0)
