"""The ``command`` adapter: what holds for every adapter, what the command is shown, and how its failures are told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import pytest
from adapter_contract import EveryAdapterContract, wavy_market
from command_kit import candles, make, one, runs, value

from sandbox.host.contracts import Status
from tools.system.adapters.base import AdapterError, NoDecisions
from tools.system.adapters.command_report import account_json, report_json, report_text
from tools.system.adapters.registry import need_decisions
from tools.system.markets import load_system_markets
from tools.system.runner import Runner

pytestmark = pytest.mark.sandbox

SCRIPT = """
import csv
import json


def main():
    rows = list(csv.DictReader(open("data/TONUSDT-5m.csv")))
    bought = sum(float(b["close"]) > float(a["close"]) for a, b in zip(rows, rows[1:]))
    json.dump({"total_trades": bought, "sharpe": 1.5}, open("metrics.json", "w"))


if __name__ == "__main__":
    main()
"""


class TestCommand(EveryAdapterContract):
    kind = "command"
    files: ClassVar[dict[str, str]] = {"backtest.py": SCRIPT, **candles()}
    target = "python backtest.py"
    living = ("backtest.py", 'rows = list(csv.DictReader(open("data/TONUSDT-5m.csv")))')

    @classmethod
    def toml(cls) -> str:
        return super().toml() + '[data]\npath = "data/*.csv"\n'

    def why_it_fails(self, runner: Runner, bundle: str) -> str:
        (ran,) = runs(runner.system, bundle)
        assert not ran.known and ran.result.exit_code == 1
        return ran.why

    def test_it_reports_what_the_script_wrote(self, runner: Runner, base: str) -> None:
        (ran,) = runs(runner.system, base)
        closes = wavy_market().until(load_system_markets(runner.system).until_ns).columns["close"]
        assert value(ran, "trades") == (closes[1:] > closes[:-1]).sum()
        assert value(ran, "sharpe") == 1.5
        document = report_json([ran], ["TONUSDT"], "2025-01-01T00:00:00Z")
        account = document["symbols"]["TONUSDT"]
        assert document["promotable"] is False
        assert account["sharpe"] == 1.5 and account["max_drawdown"] is None and account["fees"] is None
        assert account["why"]["fees"] == "the command does not report it"
        assert {n for n, v in account.items() if v is None} - {"trades_total"} <= {*account["why"]}
        assert document["costs"] is None and document["why"]["costs"]

    def test_it_gives_no_decisions_and_says_what_to_do(self, runner: Runner, base: str) -> None:
        with pytest.raises(
            NoDecisions, match=r"'command' reports figures and gives no decisions.*wrap the strategy"
        ):
            runner.decide(base, wavy_market())
        with pytest.raises(NoDecisions, match="without which flying is not possible"):
            need_decisions(runner.system, "flying")


LOOK = """
import datetime, json, os, socket, sys, time
import pandas as pd
bars = pd.read_csv(os.path.join(sys.argv[1], "TONUSDT-5m.csv"))
try:
    socket.create_connection(("1.1.1.1", 53), 1)
    net = 1
except OSError:
    net = 0
last = pd.Timestamp(bars["timestamp"].iloc[-1]).value / 1e9
json.dump({"net_profit": last, "sharpe": time.time(), "sortino": net, "trades": len(bars),
           "calmar": datetime.datetime.now(datetime.UTC).timestamp()}, open(sys.argv[2] + "/m.json", "w"))
"""


def test_the_vault_the_clock_and_the_network(tmp_path: Path) -> None:
    system = make(tmp_path, "python look.py {data} {out}", 'result = "{out}/m.json"', look_DOT_py=LOOK)
    ran, until = one(system), load_system_markets(system).until_ns
    bars = wavy_market().until(until)
    assert ran.known, ran.why
    assert 0 < len(bars) < 1200
    assert value(ran, "trades") == len(bars)
    assert value(ran, "net_profit") == bars.time[-1] / 1e9 < until / 1e9
    assert value(ran, "sharpe") == value(ran, "calmar") == until / 1e9
    assert value(ran, "sortino") == 0.0
    assert not (tmp_path / "mendel_out").exists() and not (tmp_path / "m.json").exists()


def test_once_a_symbol_with_every_placeholder(tmp_path: Path) -> None:
    target = "echo sharpe: 1 {symbol} {file} {from} {until} $MENDEL_SYMBOL {{kept}} && touch {out}/x"
    system = make(
        tmp_path,
        target,
        'dates = "%Y%m%d"',
        **{"data__ETHUSDT-5m_DOT_csv": candles(symbol="ETHUSDT").popitem()[1]},
    )
    first, second = runs(system)
    assert [r.asked.symbol for r in (first, second)] == ["ETHUSDT", "TONUSDT"]
    assert "data/ETHUSDT-5m.csv 20231115 20231118 ETHUSDT {kept}" in first.result.output
    assert "TONUSDT data/TONUSDT-5m.csv" in second.result.output


@pytest.mark.parametrize(
    ("target", "command", "wrong"),
    [
        ("run {sym}", "", r"unknown placeholder \{sym\}; use one of \{symbol\}"),
        ("run {symbol}", 'per = "system"', r"\{symbol\} has no value where the command runs once"),
        ("run", 'result = "{otu}/x.json"', r"\[command\] result: unknown placeholder \{otu\}"),
        (" ", "", r"\[strategy\] target: is empty"),
    ],
)
def test_a_command_that_cannot_be_filled(tmp_path: Path, target: str, command: str, wrong: str) -> None:
    with pytest.raises(AdapterError, match=wrong):
        runs(make(tmp_path, target, command))


@pytest.mark.parametrize(
    ("target", "command", "code", "why"),
    [
        ("./nothere.sh", "", 127, r"exit code 127.*no such program.*\[strategy\] target \(\./nothere\.sh\)"),
        ("python nothere.py", "", 2, r"exit code 2: .*nothere\.py'.*mend the command"),
        ("echo first >&2; echo it broke >&2; exit 7", "", 7, "^exit code 7: it broke; mend"),
        ("kill -9 $$", "", 137, "^exit code 137; mend"),
        ("echo hello", "", 0, r"no file of figures.*\[command\] metrics"),
        ("echo hi > a.json", 'result = "b.json"', 0, r"wrote no b\.json \(\[command\] result\) \(it wrote a\.json\)"),
        ("echo hi > a.json", 'result = "a.json"', 0, r"^a\.json: is not JSON .*\[command\] format"),
        ("echo x > a.csv", 'result = "a.csv"', 0, r"^a\.csv: 0 rows; write one row"),
        ("true", 'result = "old.json"', 0, r"old\.json .* was there before, .* did not write it anew"),
        ("head -c 20000000 /dev/zero > a.json", 'result = "*.json"', 0, "too large to bring back"),
        ("echo '{\"strategy\": []}' > backtest-result-1.json", "", 0, "not an export of a freqtrade that we know"),
        ("echo Sharpe: n/a", "metrics = { sharpe = 'Sharpe: (.*)' }", 0, "^sharpe: the command reports 'n/a'"),
        ("echo Sharp: 2", "metrics = { sharpe = 'Sharpe: (.*)' }", 0, "^sharpe: what it prints: nothing matches"),
    ],
)  # fmt: skip
def test_a_run_that_reports_nothing_says_why(
    tmp_path: Path, target: str, command: str, code: int, why: str
) -> None:
    ran = one(make(tmp_path, target, command, old_DOT_json='{"sharpe": 3}'))
    assert not ran.known and ran.result.exit_code == code
    assert re.search(why, ran.why), ran.why
    assert "\n" not in ran.why
    account = account_json(ran)
    assert account["sharpe"] is None and account["why"]["trades"] == ran.why
    assert f"no figures: {ran.why}" in report_text([ran], "now")


def test_a_command_that_does_not_end(tmp_path: Path) -> None:
    ran = one(make(tmp_path, "echo sharpe: 1; sleep 60", "timeout_s = 1.0"))
    assert ran.result.status is Status.TIMEOUT
    assert ran.why.startswith("not finished after 1 s") and ran.why.endswith(
        "[command] timeout_s, or less to do"
    )
    assert "sharpe: 1" in ran.stderr


def test_what_goes_on_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    ran = one(make(tmp_path, "sleep 50 & echo 'Sharpe: 1.25'"))
    assert ran.known and value(ran, "sharpe") == 1.25
    assert ran.result.wall_ms < 20_000


def test_a_stub_stands_in_and_the_environment_is_given(tmp_path: Path) -> None:
    script = "import os, influx_nobody_has\ninflux_nobody_has.Client().write(1)\nprint('sharpe:', os.environ['MODE'])\n"
    system = make(tmp_path, "python s.py", s_DOT_py=script)
    text = (tmp_path / "mendel.toml").read_text()
    stubs = '[system]\nstubs = ["influx_nobody_has"]\nenvironment = { MODE = "2.5" }\n'
    (tmp_path / "mendel.toml").write_text(stubs + text)
    ran = one(type(system).open(tmp_path))
    assert value(ran, "sharpe") == 2.5, ran.why


def test_trades_of_one_run_are_counted_for_each_symbol(tmp_path: Path) -> None:
    rows = "pair,open_date,profit_abs\\nTON/USDT,2024-01-01,1\\nTON/USDT,2024-01-02,-2\\nETH/USDT,2024-01-02,3\\n"
    ran = one(make(tmp_path, f"printf '{rows}' > trades.csv; echo net profit = 2"))
    document = report_json([ran], ["ETHUSDT", "TONUSDT", "XRPUSDT"], "now")
    assert document["system"]["net_profit"] == 2 and document["system"]["trades"] == 3
    assert [document["symbols"][s]["trades"] for s in ("ETHUSDT", "TONUSDT", "XRPUSDT")] == [1, 2, 0]
    assert document["symbols"]["TONUSDT"]["sharpe"] is None
    assert [row["pnl"] for row in document["symbols"]["TONUSDT"]["trades_table"]] == [1.0, -2.0]
    assert "trades" not in document["symbols"]["TONUSDT"]["why"]


def test_bars_of_a_provider_come_as_files(tmp_path: Path) -> None:
    provider = (
        "import numpy as np\nimport pandas as pd\n\n\ndef get():\n"
        "    close = 100 + np.arange(3000) % 50\n"
        "    time = pd.date_range('2024-01-01', periods=3000, freq='5min', tz='UTC')\n"
        "    return {'TONUSDT': pd.DataFrame({'open': close, 'high': close, 'low': close, 'close': close}, index=time)}\n"
    )
    script = "import sys, pandas as pd\nprint('trades:', len(pd.read_parquet(sys.argv[1])))\n"
    system = make(tmp_path, "python s.py {file}", s_DOT_py=script, feed_DOT_py=provider)
    config = (tmp_path / "mendel.toml").read_text().replace('path = "data/*.csv"', 'provider = "feed:get"')
    (tmp_path / "mendel.toml").write_text(config)
    system = type(system).open(tmp_path)
    ran = one(system)
    assert value(ran, "trades") == len(load_system_markets(system).markets["TONUSDT"]) < 3000
    assert "mendel_data/TONUSDT-5m.parquet" in ran.asked.command


def test_symbols_that_are_not_wanted_are_not_given(tmp_path: Path) -> None:
    ethereum = {"data__ETHUSDT-5m_DOT_csv": candles(symbol="ETHUSDT").popitem()[1]}
    system = make(tmp_path, "ls {data}; echo trades: 1", **ethereum)
    assert "ETHUSDT-5m.csv" in one(system).result.output
    config = (
        (tmp_path / "mendel.toml")
        .read_text()
        .replace('path = "data/*.csv"', 'path = "data/*.csv"\nsymbols = ["TON"]')
    )
    (tmp_path / "mendel.toml").write_text(config)
    assert one(type(system).open(tmp_path)).result.output.split() == ["TONUSDT-5m.csv", "trades:", "1"]
