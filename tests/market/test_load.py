"""Loading: formats, times, symbols and roles; and one clear line for everything that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tools.market import MarketError, ProblemCode, load_market, load_markets, save_market

START = pd.Timestamp("2025-03-01 00:00", tz="UTC")
START_NS = START.value


def candles(n: int = 20, minutes: int = 5, **changes: object) -> pd.DataFrame:
    """Clean candles with a ``timestamp`` column."""
    close = 100 + np.sin(np.arange(n) / 3)
    opened = np.concatenate(([100.0], close[:-1]))
    table = pd.DataFrame(
        {
            "timestamp": pd.date_range(START, periods=n, freq=f"{minutes}min"),
            "open": opened,
            "high": np.maximum(opened, close) + 0.5,
            "low": np.minimum(opened, close) - 0.5,
            "close": close,
            "volume": np.arange(1.0, n + 1),
        }
    )
    return table.assign(**changes)


def put(folder: Path, table: pd.DataFrame, name: str = "TONUSDT-5m.parquet") -> Path:
    """Writes ``table`` in the format that the name says."""
    path = folder / name
    if name.endswith(".parquet"):
        table.to_parquet(path)
    elif name.endswith(".feather"):
        table.to_feather(path)
    else:
        table.to_csv(path, index=False)
    return path


def refusal(path: Path | str, **options: object) -> str:
    """The one line that loading ``path`` ends with."""
    with pytest.raises(MarketError) as caught:
        load_markets(str(path), **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "name", ["TONUSDT-5m.parquet", "TON_USDT-5m.feather", "TONUSDT_5m.csv", "TONUSDT-5m-x.csv.gz"]
)
def test_every_format_gives_the_same_market(tmp_path: Path, name: str) -> None:
    market = load_market(put(tmp_path, candles(), name), timeframe="5m")
    assert (market.symbol, market.timeframe_minutes, len(market)) == ("TONUSDT", 5, 20)
    assert market.time.dtype == np.int64 and market.time[0] == START_NS
    assert (np.diff(market.time) == 300 * 10**9).all()
    assert all(values.dtype == np.float64 and values.flags.c_contiguous for values in market.columns.values())
    np.testing.assert_array_equal(market.columns["close"], candles()["close"])
    assert market.roles == {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    assert market.source == name


@pytest.mark.parametrize("scale", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_epoch_numbers_by_magnitude(tmp_path: Path, scale: int, kind: str) -> None:
    numbers = candles()["timestamp"].dt.as_unit("ns").astype("int64").to_numpy() // 10**9 * scale
    path = put(tmp_path, candles().assign(timestamp=numbers.astype(kind)))
    assert load_market(path).time.tolist() == [START_NS + k * 300 * 10**9 for k in range(20)]


@pytest.mark.parametrize("name", ["timestamp", "date", "datetime", "time", "open_time", "Date", "Timestamp"])
def test_names_of_the_time_column(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, candles().rename(columns={"timestamp": name}))
    assert load_market(path).time[0] == START_NS


def test_naive_times_are_utc_and_aware_ones_are_converted(tmp_path: Path) -> None:
    naive = candles()["timestamp"].dt.tz_localize(None)
    abroad = candles()["timestamp"].dt.tz_convert("Asia/Tokyo")
    texts = [naive.astype(str), abroad.map(lambda t: t.isoformat()), naive.dt.strftime("%Y-%m-%dT%H:%M:%SZ")]
    for times in (naive, abroad, *texts):
        assert load_market(put(tmp_path, candles().assign(timestamp=times))).time[0] == START_NS


def test_times_in_the_index(tmp_path: Path) -> None:
    table = candles().set_index("timestamp")
    assert load_market(put(tmp_path, table)).time[0] == START_NS
    table.to_csv(tmp_path / "X.csv")
    table.rename_axis(None).to_csv(tmp_path / "Y.csv")
    assert load_market(tmp_path / "X.csv").time[0] == load_market(tmp_path / "Y.csv").time[0] == START_NS


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("TONUSDT-5m.parquet", "TONUSDT"),
        ("TONUSDT-5m-2024-12-takers.parquet", "TONUSDT"),
        ("TON_USDT-5m.feather", "TONUSDT"),
        ("BTC_USDT_USDT-5m-futures.feather", "BTCUSDT"),
        ("BTC-USDT-5m.csv", "BTCUSDT"),
        ("1INCHUSDT_5m.csv", "1INCHUSDT"),
        ("btcusdt.csv", "BTCUSDT"),
    ],
)
def test_symbol_from_the_files_name(tmp_path: Path, name: str, symbol: str) -> None:
    assert load_market(put(tmp_path, candles(), name)).symbol == symbol


def test_a_nameless_file_takes_the_symbol_given_and_a_named_one_does_not(tmp_path: Path) -> None:
    assert load_market(put(tmp_path, candles(), "prices.csv"), symbol="eth/usdt").symbol == "ETHUSDT"
    with pytest.raises(MarketError, match="symbol 'ETH' is not in the data: choose one of TONUSDT"):
        load_market(put(tmp_path, candles()), symbol="ETH")
    assert load_market(put(tmp_path, candles()), symbol="TON").symbol == "TONUSDT"


def test_several_symbols_in_one_file(tmp_path: Path) -> None:
    both = pd.concat([candles(symbol="ETH/USDT:USDT"), candles(volume=2.0, symbol="TONUSDT")])
    path = put(tmp_path, both.sample(frac=1, random_state=1).sort_values("timestamp"), "all.parquet")
    found = load_markets(str(path))
    assert list(found) == ["ETHUSDT", "TONUSDT"]
    assert found["TONUSDT"].columns["volume"].tolist() == [2.0] * 20
    assert load_market(path, symbol="TON").symbol == "TONUSDT"
    with pytest.raises(MarketError, match="holds ETHUSDT, TONUSDT: say which symbol"):
        load_market(path)


def test_globs_folders_and_roots(tmp_path: Path) -> None:
    for name in ("ETHUSDT-5m.parquet", "TONUSDT-5m.csv"):
        put(tmp_path, candles(), name)
    (tmp_path / "truth.json").write_text("{}")
    assert list(load_markets(str(tmp_path))) == ["ETHUSDT", "TONUSDT"]
    assert list(load_markets("*-5m.*", root=tmp_path)) == ["ETHUSDT", "TONUSDT"]
    assert list(load_markets("TON*", root=tmp_path)) == ["TONUSDT"]
    assert list(load_markets("*", root=tmp_path, symbols=["ton"])) == ["TONUSDT"]


def test_only_wanted_symbols_are_validated(tmp_path: Path) -> None:
    put(tmp_path, candles(), "ETHUSDT-5m.parquet")
    put(tmp_path, candles(volume=-1.0), "TONUSDT-5m.parquet")
    assert list(load_markets(str(tmp_path), symbols=["ETH"])) == ["ETHUSDT"]
    assert "negative" in refusal(tmp_path)


def test_columns_that_are_not_numbers_are_dropped_and_said(tmp_path: Path) -> None:
    market = load_market(put(tmp_path, candles(note="x", trades=3).rename(columns={"close": "Close"})))
    assert "note" not in market.columns and market.columns["trades"].tolist() == [3.0] * 20
    assert market.notes == ("renamed Close to close", "dropped columns that are not numeric: note")


def test_configured_roles_override_guesses(tmp_path: Path) -> None:
    path = put(tmp_path, candles(net=1.0, delta=2.0))
    market = load_market(path, roles={"flow": ["net", "absent"]})
    assert market.columns_of("flow") == ("net",)
    assert load_market(path).columns_of("flow") == ("delta",)
    assert "'flux' is no role" in refusal(path, roles={"flux": ["net"]})


def edited(row: int, **values: float) -> pd.DataFrame:
    table = candles()
    for name, value in values.items():
        table.loc[row, name] = value
    return table


@pytest.mark.parametrize(
    ("table", "code", "words"),
    [
        (
            candles().drop(index=[7, 8, 12]),
            "gap",
            "3 bars missing in 2 gaps, first at 2025-03-01 00:35 UTC; .*--repair",
        ),
        (
            pd.concat([candles(), candles().tail(1)]),
            "duplicate",
            "1 repeated time, first at 2025-03-01 01:35 UTC; .*--repair",
        ),
        (
            candles().iloc[::-1],
            "unsorted",
            "19 rows earlier than the row before, first at 2025-03-01 01:30 UTC; .*sort",
        ),
        (
            edited(4, volume=-5),
            "negative_volume",
            "1 negative value of volume, first at 2025-03-01 00:20 UTC; .*to 0",
        ),
        (edited(4, high=1), "high_low", r"1 row with high below low.*high 1.*first at 2025-03-01 00:20 UTC"),
        (edited(4, open=500), "high_low", r"open or close outside.*open 500"),
        (edited(4, close=0), "price", r"not positive \(.*close 0\).*00:20 UTC"),
        (edited(4, low=np.nan), "price", "low nan"),
        (edited(4, high=np.inf), "price", "high inf"),
        (
            edited(4, volume=np.inf),
            "not_finite",
            "1 infinite value of volume, first at 2025-03-01 00:20 UTC",
        ),
        (
            candles().assign(timestamp=candles()["timestamp"].where(candles().index != 3)),
            "time_missing",
            "1 row without a time",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, table: pd.DataFrame, code: str, words: str
) -> None:
    path = put(tmp_path, table)
    message = refusal(path)
    assert re.match(
        rf"TONUSDT-5m\.parquet: TONUSDT: {'.*' if not words[0].isdigit() else ''}{words}", message
    ), message
    with pytest.raises(MarketError) as caught:
        load_market(path)
    assert caught.value.problems[0].code == ProblemCode(code)


def test_the_wrong_timeframe(tmp_path: Path) -> None:
    path = put(tmp_path, candles(minutes=1))
    assert (
        "20 bars of 1m, but 5m is configured, first at 2025-03-01 00:00 UTC; set [data].timeframe"
        in refusal(path, timeframe="5m")
    )
    assert "timeframe '5 minutes' is not known" in refusal(path, timeframe="5 minutes")


def test_bars_off_the_grid(tmp_path: Path) -> None:
    table = candles()
    table.loc[9, "timestamp"] += pd.Timedelta("90s")
    assert "bars not on the 5-minute grid, first at 2025-03-01 00:46:30 UTC; resample" in refusal(
        put(tmp_path, table)
    )


def test_several_problems_name_the_others_too(tmp_path: Path) -> None:
    table = edited(4, volume=-5).drop(index=9)
    assert "(also: negative_volume)" in refusal(put(tmp_path, table))


def test_files_that_are_no_candles(tmp_path: Path) -> None:
    assert "no market file matches" in refusal(tmp_path / "*.parquet")
    (tmp_path / "A.parquet").write_bytes(b"PAR1 not really PAR1")
    (tmp_path / "B.csv").write_bytes(b"")
    (tmp_path / "C.csv.gz").write_bytes(b"no gzip")
    (tmp_path / "D.feather").write_bytes(b"\x00" * 100)
    (tmp_path / "E.csv").write_bytes(b"\xff\xfe\x00\x01,\n\x81\x82")
    whole = put(tmp_path, candles(5000), "F.parquet").read_bytes()
    (tmp_path / "F.parquet").write_bytes(whole[: len(whole) // 2])
    for name in ("A.parquet", "B.csv", "C.csv.gz", "D.feather", "E.csv", "F.parquet"):
        assert re.match(
            rf"{name}: .*(cannot be read|not a candle file|the file is empty)", refusal(tmp_path / name)
        )
    assert "the file has no rows" in refusal(put(tmp_path, candles().head(0)))
    assert "fewer than 2 bars" in refusal(put(tmp_path, candles(1)))
    funding = pd.DataFrame({"timestamp": candles()["timestamp"], "funding_rate": 0.0})
    path = put(tmp_path, funding, "BTC-funding-8h.parquet")
    assert (
        "not a candle file, column open, high, low, close is missing (it has timestamp, funding_rate)"
        in refusal(path)
    )
    with pytest.raises(MarketError, match="no such file"):
        load_market(tmp_path / "absent.parquet")
    (tmp_path / "G.csv").mkdir()
    with pytest.raises(MarketError, match="check the path"):
        load_market(tmp_path / "G.csv")
    (tmp_path / "data.xlsx").write_bytes(b"x")
    assert "not a format we read" in refusal(tmp_path / "data.xlsx")


def test_columns_that_cannot_be_used(tmp_path: Path) -> None:
    table = candles()
    texts = table["close"].astype(str).where(table.index != 6, "n/a?")
    assert "column 'close' is not numeric, it holds 'n/a?' in row 6" in refusal(
        put(tmp_path, table.assign(close=texts))
    )
    assert "no time column" in refusal(put(tmp_path, table.drop(columns="timestamp")))
    assert "column 'close' is there more than once" in refusal(put(tmp_path, table.assign(Close=1.0)))
    assert "no epoch time" in refusal(put(tmp_path, table.assign(timestamp=range(20))))
    assert "does not hold times" in refusal(put(tmp_path, table.assign(timestamp="yesterday")))
    assert "column 'symbol' is empty in 20 rows" in refusal(
        put(tmp_path, table.assign(symbol=pd.Series([None] * 20, dtype="string")))
    )
    seconds = table.assign(timestamp=pd.date_range(START, periods=20, freq="10s"))
    assert "bars are 10 s apart" in refusal(put(tmp_path, seconds))


def test_one_symbol_in_two_files(tmp_path: Path) -> None:
    put(tmp_path, candles(), "TONUSDT-5m.parquet")
    put(tmp_path, candles(), "TONUSDT-1h.parquet")
    assert "TONUSDT is in both TONUSDT-1h.parquet and TONUSDT-5m.parquet" in refusal(tmp_path)


def test_unknown_and_ambiguous_symbols(tmp_path: Path) -> None:
    for name in ("BTCUSDT", "BTCUSDC", "TONUSDT"):
        put(tmp_path, candles(), f"{name}-5m.parquet")
    assert "symbol 'DOGE' is not in the data: choose one of BTCUSDC, BTCUSDT, TONUSDT" in refusal(
        tmp_path, symbols=["DOGE"]
    )
    assert "symbol 'btc' is ambiguous: write one of BTCUSDC, BTCUSDT" in refusal(tmp_path, symbols=["btc"])
    assert list(load_markets(str(tmp_path), symbols=["btc/usdt", "T"])) == ["BTCUSDT", "TONUSDT"]


@pytest.mark.parametrize("suffix", ["parquet", "feather", "csv", "csv.gz"])
def test_what_is_saved_loads_again(tmp_path: Path, suffix: str) -> None:
    market = load_market(put(tmp_path, candles(100, volume=1 / 3)))
    path = tmp_path / f"TONUSDT-copy.{suffix}"
    save_market(market, path)
    again = load_market(path)
    assert again.time.tolist() == market.time.tolist() and again.roles == market.roles
    for name, values in market.columns.items():
        np.testing.assert_array_equal(again.columns[name], values)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_saving_where_it_cannot(tmp_path: Path) -> None:
    market = load_market(put(tmp_path, candles()))
    with pytest.raises(MarketError, match="cannot be written"):
        save_market(market, tmp_path / "absent" / "TONUSDT.parquet")
    with pytest.raises(MarketError, match=r"TONUSDT\.xlsx: not a format we write"):
        save_market(market, tmp_path / "TONUSDT.xlsx")
