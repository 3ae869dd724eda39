"""Candles of other people's formats come in as they were; what cannot be read is named and the rest goes on."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.contracts import Market
from tools.market import MarketError, load_market, save_market
from tools.market.import_files import Imported, ImportReport, import_markets

START = pd.Timestamp("2025-01-01", tz="UTC")


def table(count: int = 300, shift: float = 0.0, start: pd.Timestamp = START) -> pd.DataFrame:
    close = 10 + shift + np.sin(np.arange(count) / 7) / 3
    time = pd.date_range(start, periods=count, freq="5min")
    columns = {"open": close, "high": close + 0.1, "low": close - 0.1, "close": close, "volume": 5.5}
    return pd.DataFrame({"date": time, **columns})


def epoch(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    return frame.assign(date=frame["date"].dt.as_unit(unit).astype("int64"))


def binance(frame: pd.DataFrame, unit: str = "ms") -> pd.DataFrame:
    """The twelve columns of Binance's files, without their names."""
    more = {"end": 0, "quote": 50.0, "count": 7, "taken": 2.5, "taken_quote": 25.0, "ignore": 0}
    return epoch(frame, unit).assign(**more)


def text(frame: pd.DataFrame, **more: object) -> bytes:
    return frame.to_csv(index=False, **more).encode()  # type: ignore[call-overload,no-any-return]


def zipped(**members: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return raw.getvalue()


def renamed(*names: str) -> pd.DataFrame:
    return table().set_axis(list(names), axis=1)


def metatrader() -> bytes:
    frame = table().rename(columns=lambda name: f"<{name.upper()}>")
    days, hours = frame["<DATE>"].dt.strftime("%Y.%m.%d"), frame["<DATE>"].dt.strftime("%H:%M:%S")
    frame = frame.rename(columns={"<VOLUME>": "<TICKVOL>"}).assign(**{"<DATE>": days})
    frame.insert(1, "<TIME>", hours)
    return text(frame, sep="\t")


def stamped(form: str) -> pd.DataFrame:
    return table().assign(date=table()["date"].dt.strftime(form))


DIALECTS: dict[str, Callable[[], bytes]] = {
    "ISO": lambda: text(table()),
    "seconds": lambda: text(epoch(table(), "s")),
    "milliseconds": lambda: text(epoch(table(), "ms").rename(columns={"date": "open_time"})),
    "microseconds": lambda: text(epoch(table(), "us").rename(columns={"date": "Open time"})),
    "capitals": lambda: text(renamed("Date", "Open", "High", "Low", "Close", "Volume")),
    "other words": lambda: text(renamed("Unix Timestamp", "1. open", "max", "min", "last", "Volume TON")),
    "semicolons": lambda: text(table(), sep=";"),
    "decimal commas": lambda: text(table(), sep=";", decimal=","),
    "tabs and a mark": lambda: b"\xef\xbb\xbf" + text(table(), sep="\t"),
    "lines before": lambda: b"https://example.org\nall times UTC\n" + text(table()),
    "windows": lambda: text(table()).replace(b"\n", b"\r\n"),
    "utf-16": lambda: text(table()).decode().encode("utf-16"),
    "no header, six": lambda: text(epoch(table(), "ms"), header=False),
    "no header, twelve": lambda: text(binance(table()), header=False),
    "days first": lambda: text(stamped("%d.%m.%Y %H:%M:%S.000")),
    "slashes, year first": lambda: text(stamped("%Y/%m/%d %H:%M")),
    "histdata": lambda: text(stamped("%Y%m%d %H%M%S"), sep=";", header=False),
    "zone in words": lambda: text(stamped("%Y-%m-%d %H:%M:%S UTC")),
    "metatrader": metatrader,
    "a symbol column": lambda: text(table().assign(pair="TON/USDT")),
}


def bring(folder: Path, **files: bytes) -> ImportReport:
    source = folder / "given"
    source.mkdir()
    for name, content in files.items():
        (source / name).write_bytes(content)
    return import_markets([source], folder / "data")


def only(report: ImportReport) -> Imported:
    assert report.failed == {} and len(report.done) == 1, report
    return report.done[0]


def same(market: Market, frame: pd.DataFrame) -> None:
    assert market.time.tolist() == frame["date"].dt.as_unit("ns").astype("int64").tolist()
    for name in ("open", "high", "low", "close", "volume"):
        assert market.columns[name].tolist() == frame[name].tolist()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_of_csv_comes_in_as_it_was(dialect: str, tmp_path: Path) -> None:
    given = tmp_path / "TONUSDT-5m.csv"
    given.write_bytes(DIALECTS[dialect]())
    done = only(import_markets([given], tmp_path / "data"))
    assert done.path == tmp_path / "data/TONUSDT-5m.parquet" and done.status == "written"
    market = load_market(done.path, timeframe="5m")
    if dialect == "no header, twelve":
        assert market.roles["flow"] == ("taker_buy_volume", "taker_buy_quote_volume")
        assert (market.columns["quote_volume"] == 50.0).all() and "ignore" not in market.columns
    same(market, table())


@settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    arrays(np.float64, st.integers(2, 40), elements=st.floats(1e-9, 1e9)),
    st.sampled_from(["parquet", "feather", "csv", "csv.gz"]),
    st.sampled_from([1, 5, 60, 1440]),
)
def test_what_is_exported_and_imported_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, close: np.ndarray, form: str, minutes: int
) -> None:
    folder = tmp_path_factory.mktemp("law")
    time = START.value + np.arange(len(close), dtype=np.int64) * minutes * 60_000_000_000
    columns = {"open": close, "high": close, "low": close, "close": close, "open_interest": close / 3}
    columns["open_interest"][0] = np.nan
    market = Market("TONUSDT", minutes, time, columns, {})
    save_market(market, folder / f"TONUSDT-x.{form}")
    done = only(import_markets([folder / f"TONUSDT-x.{form}"], folder / "data"))
    back = load_market(done.path)
    assert (back.symbol, back.timeframe_minutes) == ("TONUSDT", minutes)
    assert back.time.tolist() == time.tolist() and list(back.columns) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(back.columns[name], values)


def test_freqtrades_folder_with_perpetuals_funding_and_mark(tmp_path: Path) -> None:
    root = tmp_path / "user_data/data/binance"
    (root / "futures").mkdir(parents=True)
    table().to_feather(root / "ETH_USDT-5m.feather")
    rows = epoch(table(), "ms").to_numpy().tolist()
    (root / "TON_USDT-1h.json").write_text(
        json.dumps([[r[0] + 55 * 60_000 * k, *r[1:]] for k, r in enumerate(rows)])
    )
    (root / "BTC_USDT-5m.json.gz").write_bytes(gzip.compress(json.dumps(rows).encode()))
    table(shift=1).to_feather(root / "futures/TON_USDT_USDT-5m-futures.feather")
    rates = pd.DataFrame({"date": pd.date_range(START, periods=3, freq="8h"), "open": [1e-4, 2e-4, 3e-4]})
    rates.assign(high=0.0, low=0.0, close=0.0, volume=0.0).to_feather(
        root / "futures/TON_USDT_USDT-8h-funding_rate.feather"
    )
    table().to_feather(root / "futures/TON_USDT_USDT-8h-mark.feather")
    table().to_feather(root / "ETH_USDT-trades.feather")
    (root / "config.json").write_text('{"exchange": ["binance"]}')
    report = import_markets([tmp_path / "user_data/data"], tmp_path / "data")
    names = ["BTCUSDT-5m.parquet", "ETHUSDT-5m.parquet", "TONUSDT-5m.parquet", "TONUSDT-1h.parquet"]
    assert [done.path.name for done in report.done] == names and report.failed == {}
    assert sorted(why for why in report.skipped.values()) == [
        "data/binance/config.json: no column of times (it has exchange): name it timestamp or open_time",
        "mark prices: not candles of trades",
        "single trades: not candles of trades",
    ]
    perpetual = load_market(tmp_path / "data/TONUSDT-5m.parquet")
    same(perpetual, table(shift=1))
    charged = perpetual.columns["funding_rate"]
    assert charged[[0, 96, 192]].tolist() == [1e-4, 2e-4, 3e-4] and np.count_nonzero(charged) == 3
    same(load_market(tmp_path / "data/BTCUSDT-5m.parquet"), table())
    assert load_market(tmp_path / "data/TONUSDT-1h.parquet").timeframe_minutes == 60


def test_months_of_binance_in_archives_become_one_file(tmp_path: Path) -> None:
    whole = table(600)
    first, second = binance(whole[:320]), binance(whole[300:599], "us")
    last = binance(whole[599:], "us")
    report = bring(
        tmp_path,
        **{
            "TONUSDT-5m-2025-01.zip": zipped(**{"TONUSDT-5m-2025-01.csv": text(first, header=False)}),
            "TONUSDT-5m-2025-02.zip": zipped(**{"TONUSDT-5m-2025-02.csv": text(second, header=False)}),
            "TONUSDT-5m-2025-03.csv.gz": gzip.compress(text(last, header=False)),
        },
    )
    done = only(report)
    same(load_market(done.path), whole)
    assert len(done.sources) == 3 and done.notes == ("dropped 20 repeated rows",)


def test_gaps_are_named_and_left_and_what_contradicts_itself_is_told(tmp_path: Path) -> None:
    holed = pd.concat([table().drop(index=range(50, 60)), table(shift=1).iloc[[20]]])
    done = only(bring(tmp_path, **{"TONUSDT-5m.csv": text(holed)}))
    assert done.bars == 290 and any("10 bars missing in 1 gap" in note for note in done.notes)
    assert any("dropped 1 repeated row, 1 of them with other values" in note for note in done.notes)
    assert "sorted the rows by time" in done.notes


BAD = {
    "EMPTY-5m.csv": (b"", "the file is empty"),
    "PROSE-5m.csv": (b"dear diary\n" * 30, "holds no table"),
    "SHORT-5m.csv": (text(table(1)), "fewer than 2 bars"),
    "COLUMN-5m.csv": (text(table().drop(columns="close")), "column close is missing"),
    "TIMELESS-5m.csv": (text(table().rename(columns={"date": "when"})), "no column of times"),
    "WORDS-5m.csv": (text(table().assign(close="x")), "'close' holds 'x' in row 1"),
    "SLASH-5m.csv": (text(stamped("%m/%d/%Y %H:%M")), "may have its day or its month first"),
    "RAGGED-5m.csv": (text(table()) + b"1,2,3,4,5,6,7,8\n", "cannot be read as a table"),
    "NEGATIVE-5m.csv": (text(table().assign(low=-1.0)), "not positive"),
    "TWICE-5m.csv": (text(table().assign(last=1.0)), "both mean close"),
    "TORN-5m.parquet": (b"PAR1 and no more", "is damaged"),
    "TORN-5m.zip": (b"PK no more", "is damaged"),
    "TORN-5m.json": (b"[[1,2", "is damaged"),
    "TORN-5m.csv.gz": (gzip.compress(b"x" * 9999)[:40], "is damaged"),
    "NOTHING-5m.zip": (zipped(readme=b"x"), "holds no CSV"),
}


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    report = bring(
        tmp_path, **{name: raw for name, (raw, _) in BAD.items()}, **{"TONUSDT-5m.csv": text(table())}
    )
    assert [done.symbol for done in report.done] == ["TONUSDT"]
    told = "\n".join(report.failed.values())
    for name, (_, words) in BAD.items():
        lines = [line for line in report.failed.values() if name in line]
        assert lines and words in lines[0], (name, told)
    assert all("\n" not in line for line in report.failed.values())


def test_a_file_that_differs_is_replaced_by_force_alone_and_a_source_never(tmp_path: Path) -> None:
    given = tmp_path / "TONUSDT-5m.csv"
    given.write_bytes(text(table()))
    data = tmp_path / "data"
    assert only(import_markets([given], data)).status == "written"
    assert only(import_markets([given], data)).status == "unchanged"
    before = (data / "TONUSDT-5m.parquet").read_bytes()
    given.write_bytes(text(table(shift=1)))
    refused = import_markets([given], data)
    assert "is there already and differs" in refused.failed["TONUSDT-5m.csv"] and not refused.done
    assert (data / "TONUSDT-5m.parquet").read_bytes() == before
    assert only(import_markets([given], data, force=True)).status == "written"
    table(shift=2).to_parquet(data / "TONUSDT-5m.parquet")
    own = import_markets([data / "TONUSDT-5m.parquet"], data, force=True)
    assert "is one of the sources" in own.failed["TONUSDT-5m.parquet"]
    assert sorted(path.name for path in data.iterdir()) == ["TONUSDT-5m.parquet"]


def test_a_symbol_and_a_repair_on_request(tmp_path: Path) -> None:
    given = tmp_path / "prices.csv"
    given.write_bytes(text(table().drop(index=range(50, 60))))
    done = only(import_markets([given], tmp_path, symbol="ton/usdt", repair=True))
    assert done.path.name == "TONUSDT-5m.parquet" and done.bars == 300
    assert any("filled 10 missing bars" in note for note in done.notes)


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_file_that_was_cut_off_is_not_taken_for_whole(mark: str, tmp_path: Path) -> None:
    whole = table().to_csv(index=False, sep=mark)
    path = tmp_path / "TONUSDT-5m.csv"
    path.write_text(whole.rstrip("\n"))  # a last line without its end is whole
    assert only(import_markets([path], tmp_path / "data")).bars == 300
    path.write_text(whole[: whole.rindex(mark) - 3])  # the last price lost digits, its volume is gone
    refused = import_markets([path], tmp_path / "new").failed
    assert "ends in the middle of a row" in next(iter(refused.values()))
    if mark == ",":
        with pytest.raises(MarketError, match=r"cannot be read \(it ends in the middle of a row"):
            load_market(path)
