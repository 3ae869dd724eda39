"""Hostile output ends in one line within its bounds; a freqtrade export is read out of its archive."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest

from tools.system.adapters.command_read import read_limited
from tools.system.adapters.command_reading import Wanted

TRADES = [
    {
        "pair": "TON/USDT:USDT", "is_short": False, "open_date": "2024-01-01 00:05:00+00:00", "close_date": "2024-01-01 02:00:00+00:00",
        "open_timestamp": 1704067500000, "open_rate": 5.0, "close_rate": 5.1, "amount": 100.0, "profit_abs": 9.5, "profit_ratio": 0.019,
        "exit_reason": "roi",
    },
    {
        "pair": "ETH/USDT:USDT", "is_short": True, "open_date": "2024-01-02 00:05:00+00:00", "close_date": "2024-01-02 02:00:00+00:00",
        "open_timestamp": 1704153900000, "open_rate": 2000.0, "close_rate": 2010.0, "amount": 1.0, "profit_abs": -10.5,
        "profit_ratio": -0.005, "exit_reason": "stop_loss",
    },
]  # fmt: skip
EXPORT = {
    "metadata": {"Swing": {"run_id": "x"}},
    "strategy": {
        "Swing": {
            "trades": TRADES, "total_trades": 2, "profit_total": -0.001, "profit_total_abs": -1.0, "sharpe": -100.0, "sortino": None,
            "max_drawdown_account": 0.0105, "winrate": 0.5, "profit_factor": 0.9048, "cagr": -0.2, "stake_currency": "USDT",
        }
    },
    "strategy_comparison": [],
}  # fmt: skip


def archive(**members: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "."), data if isinstance(data, bytes) else json.dumps(data))
    return out.getvalue()


def left(printed: str = "", **files: bytes) -> dict[str, bytes]:
    """What a job brings back."""
    names = [name.replace("__", ".") for name in files]
    parts = {str(i): data for i, data in enumerate(files.values())}
    return {"said.json": json.dumps({"files": names}).encode(), "stdout": printed.encode(), **parts}


def figures(answer: dict[str, Any]) -> dict[str, float | None]:
    return {row["name"]: row["value"] for row in answer["figures"]}


@pytest.mark.parametrize("zipped", [False, True])
def test_a_freqtrade_export(zipped: bool) -> None:
    if zipped:
        members = {
            "backtest-result-1__json": EXPORT,
            "backtest-result-1_config__json": {},
            "backtest-result-1_Swing__json": {"params": {}},
            "backtest-result-1_signals__pkl": b"\x80evil",
        }
        answer = read_limited(Wanted(), left(**{"backtest-result-1__zip": archive(**members)}))  # fmt: skip
    else:
        data = json.dumps(EXPORT).encode()
        answer = read_limited(
            Wanted(), left(**{"backtest-result-1__json": data, "backtest-result-1__meta__json": b"{}"})
        )
    assert "error" not in answer, answer
    found = figures(answer)
    assert found["trades"] == 2 and found["net_return"] == -0.001 and found["max_drawdown"] == 0.0105
    assert found["win_rate"] == 0.5 and found["net_profit"] == -1.0 and found["sortino"] is None
    assert "calmar" not in found  # this version does not write it: unknown
    first, second = answer["trades"]["rows"]
    assert (first["symbol"], first["side"], first["entry_time"], first["pnl"], first["return"], first["reason"]) == (
        "TON/USDT:USDT", "long", "2024-01-01T00:05:00Z", 9.5, 0.019, "roi",
    )  # fmt: skip
    assert second["side"] == "short" and answer["trades"]["by_symbol"] == {
        "TON/USDT:USDT": 1,
        "ETH/USDT:USDT": 1,
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (archive(**{"backtest-result-1__json": b"[1]"}), "not an export of a freqtrade that we know"),
        (archive(**{"backtest-result-1__json": b"0" * (49 << 20)}), "more than 48 MB when unpacked"),
        (archive(a__txt=b"{}"), "no JSON of results in the archive"),
        (archive(**{f"f{i}": b"" for i in range(300)}), "300 files in one archive"),
        (b"PK\x03\x04 no archive", "the archive cannot be read"),
        (b"\x80\x04evil pickle.", "is no UTF-8 text"),
    ],
)
def test_an_archive_that_is_none(data: bytes, why: str) -> None:
    answer = read_limited(Wanted(), left(**{"backtest-result-1__zip": data}))
    assert re.search(why, answer["error"]), answer


def test_an_expression_that_never_ends_is_ended() -> None:
    wanted = Wanted(metrics={"sharpe": r"((a+)+)+b"})
    answer = read_limited(wanted, left("a" * 5000), seconds=1)
    assert answer["error"].startswith("mendel.toml: [command] metrics (sharpe): not done after 1 s")


@pytest.mark.parametrize(
    "said", [b"", b"[]", b'{"files": 3}', b'{"files": [["x"]]}', b"[" * 100_000, b'{"files": {"a": 1}}']
)
def test_the_list_of_files_is_hostile_too(said: bytes) -> None:
    answer = read_limited(Wanted(), {"said.json": said, "0": b'{"sharpe": 1}'})
    assert "error" in answer and "\n" not in answer["error"]


def test_texts_come_without_tricks() -> None:
    answer = read_limited(
        Wanted(result="*.csv"), left(**{"a__csv": "sharpe,\u202etrap\x1b[31m\n1,2\n".encode()})
    )
    assert figures(answer) == {"sharpe": 1.0}
    assert "\u202e" not in json.dumps(answer, ensure_ascii=False) and "\x1b" not in json.dumps(
        answer, ensure_ascii=False
    )
