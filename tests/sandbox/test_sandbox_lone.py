"""One file that stands alone: what it may look like, and how each mishap ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sandbox_helpers import make_bars

from sandbox.host.contracts import Feed, Limits, Status
from tools.backtest.lone import LoneError, LoneRun, run_lone
from tools.contracts import Market

pytestmark = pytest.mark.sandbox
HERE = Path(__file__).parent
Runner = Callable[..., LoneRun]


def market(bars: int = 300) -> Market:
    time, columns = make_bars(bars)
    high, low = np.maximum(columns["open"], columns["close"]), np.minimum(columns["open"], columns["close"])
    columns = {"open": columns["open"], "high": high, "low": low, **columns}
    return Market("X", 5, time, columns, {"price": ("open", "high", "low", "close")})


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    def lone(source: str | bytes, feed: Feed = Feed.WHOLE, name: str = "toy.py") -> LoneRun:
        path = tmp_path / name
        path.write_bytes(source.encode() if isinstance(source, str) else source)
        return run_lone(path, market(), feed=feed, limits=Limits(2, 3.0, 256))

    return lone


@pytest.mark.parametrize(
    "body",
    [
        "c = bars['close']; s = np.zeros(len(c)); s[1:] = np.sign(c[1:] - c[:-1]); return s",
        "return np.sign(bars['close'].diff().fillna(0))",
        "return [1.0 if k and bars['close'][k] > bars['close'][k - 1] else 0 for k in range(len(bars))]",
        "return (bars['close'] > bars.close.rolling(5).mean()).fillna(False)",
        "return bars['close'] > bars['open']",
        "return np.tanh((bars['close'] - bars['close'].mean()) / bars['close'].std())",
        "up = (bars['close'] - bars['open']).clip(lower=0); return up.clip(0, 1) + 0 * bars['close'].clip(0, 1)",
        "d = bars.copy(); d['x'] = d['close'].pct_change(); return d['x'].clip(-1, 1).fillna(0)",
        "return pd.DataFrame({'o': bars['open'], 'c': bars['close']}).diff(axis=1)['c'].clip(-1, 1)",
        "assert set(bars.keys()) >= {'time', 'high'} and 'low' in bars; return tuple(0 for _ in bars['time'])",
        "d = bars.copy(); d.loc[3:, 'close'] = 1.0; return d['close'].clip(0, 1)",
        "d = pd.DataFrame(bars); assert list(d) == list(bars); return (d['close'].diff() > 0) * 1.0",
        "bars['up'] = bars['close'].diff() > 0; bars['one'] = 1.0; return bars[['up', 'one']].min(axis=1) * 1.0",
        "assert bars.values.shape == bars.shape == (len(bars), len(dict(bars))); return [0] * len(bars)",
    ],
)
def test_ways_to_read_columns(run: Runner, body: str) -> None:
    done = run(f"import numpy as np, pandas as pd\ndef signals(bars):\n    {body}\n")
    assert done.outcome.status is Status.OK, done.outcome.reason
    assert done.outcome.decisions is not None and done.outcome.decisions.shape == (300, 1)
    assert len(done.layers) == 14 and all(layer.ok for layer in done.layers)


NESTED = "x = " + "-" * 20_000 + "1\n"
LONG = "x = " + "+".join(["1"] * 900_000) + "\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "toy.py is empty"),
        (b"\n \n", "toy.py is empty"),
        (b"x = 1\0\n", "null bytes"),
        (b"x = '\xff\xfe'\n", "not UTF-8"),
        (b"def signals(bars) return 1\n", "SyntaxError"),
        (NESTED.encode(), "cannot be parsed"),
        (LONG.encode(), "cannot be parsed"),
        (b"x = 1 + " * 1_300_000, "more than 2,000,000 bytes"),
        (b"def other(bars): return 0\n", "no function signals"),
        (b"signals = 5\n", "no function signals"),
        (b"def signals(bars): return bars['clsoe']\n", "KeyError: 'clsoe' (toy.py:1)"),
        (b"def signals(bars): return [0.0]\n", "shape (1,) for 300 bars"),
        (b"def signals(bars): return [2.0] * len(bars)\n", "between -1 and 1"),
        (b"def signals(bars): bars['x'] = [1.0]; return 0\n", "shape (1,) for 300 bars"),
        (b"def signals(bars): return [float('nan')] * len(bars)\n", "must be a number"),
        (b"def signals(bars): return ['1'] * len(bars)\n", "wanted numbers"),
        (b"def signals(bars): return None\n", "NoneType"),
        (b"def signals(bars): bars['close'][:] = 0.0; return bars['close']\n", "read-only"),
        (b"def signals(bars): bars['close'].flags.writeable = True\n", "cannot set WRITEABLE"),
        (b"import no_such_module\ndef signals(bars): return 0\n", "No module named"),
    ],
)
def test_every_mishap_is_one_clear_line(run: Runner, source: bytes, reason: str) -> None:
    done = run(source)
    assert done.outcome.status is Status.REJECTED
    assert reason in done.outcome.reason and "\n" not in done.outcome.reason
    document = json.loads(json.dumps(done.to_json()))
    assert document["status"] == "rejected" and document["decisions"] == {"n": None, "nonzero": None}


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    for name, words in (("folder.py", "is a folder"), ("pipe.py", "not a regular file")):
        done = run_lone(tmp_path / name, market())
        assert done.outcome.status is Status.REJECTED and words in done.outcome.reason
    for name in ("missing.py", "a\0b.py"):
        with pytest.raises(LoneError):
            run_lone(tmp_path / name, market())


def test_stepped_gets_its_portfolio(run: Runner) -> None:
    done = run(
        """
def on_bar(bar, portfolio):
    if bar["bar"] == 5:
        assert portfolio["position"] > 0.9 and portfolio["entry_price"] > 0 and portfolio["bars_held"] == 1
    if bar["bar"] > 10:
        assert portfolio["position"] == 0 and portfolio["trades"] == 1 and portfolio["equity"] != 10000
    return 1.0 if 3 <= bar["bar"] < 9 else 0.0
""",
        Feed.STEPPED,
    )
    assert done.outcome.status is Status.OK, done.outcome.reason
    assert done.to_json()["decisions"] == {"n": 300, "nonzero": 6}


def test_a_number_of_numpy_is_a_number(run: Runner) -> None:
    done = run(
        "import numpy as np\ndef on_bar(bar, p): return np.where(bar['close'] > bar['open'], 1.0, -1.0)\n",
        Feed.STEPPED,
    )
    assert done.outcome.status is Status.OK, done.outcome.reason


def test_only_its_own_file_bears_its_name_and_a_small_excess_is_seen(run: Runner) -> None:
    done = run("import os\ndef on_bar(bar, p):\n    os.close(9)\n    return 0.0\n", Feed.STEPPED)
    assert done.outcome.status is Status.REJECTED and "toy.py" not in done.outcome.log
    close = run("def signals(bars): return [-1.0000001] * len(bars)\n")
    assert "got -1.0000001 at bar 0" in close.outcome.reason


def test_a_hostile_name_is_cleaned(run: Runner) -> None:
    done = run(b"", name="\x1b[2Jevil\u202e.py")
    assert done.outcome.reason == "[2Jevil.py is empty: write signals(bars) or on_bar(bar, portfolio)"


def command(*arguments: str, user: int | None = None, home: str = "/") -> tuple[int, dict[str, Any]]:
    """``mendel sandbox run ... --json`` as it is typed."""
    line = [sys.executable, "-B", "-m", "mendel", "sandbox", "run", *arguments, "--json"]
    if user is not None:
        line = [sys.executable, "-B", str(HERE / "plain_user.py"), str(user), home, *line]
    root = HERE.parent.parent
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, cwd=root)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("user", ["mine", "plain"])
def test_the_command(user: str) -> None:
    time, columns = make_bars(300)
    low, high = (pick(columns["open"], columns["close"]) for pick in (np.minimum, np.maximum))
    table = pd.DataFrame({"time": pd.to_datetime(time, utc=True), "high": high, "low": low, **columns})
    uid = 61_235 if user == "plain" and os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="mendel-lone-test-") as folder:
        Path(folder).chmod(0o755)
        if uid is not None:
            os.chown(folder, uid, uid)
        data, toy, bad = (Path(folder) / name for name in ("bars.csv", "toy.py", "bad.py"))
        table.to_csv(data, index=False)
        toy.write_text("def on_bar(bar, portfolio):\n    return bar['close'] > bar['open']\n")
        bad.write_text("import os\nos.abort()\n")
        for path in (data, toy, bad):
            path.chmod(0o644)
        code, good = command(str(toy), "--data", str(data), "--feed", "stepped", user=uid, home=folder)
        failed, crashed = command(str(bad), "--data", str(data), user=uid, home=folder)
    assert (code, good["status"], good["decisions"]["n"]) == (0, "ok", 300), good
    assert {"status", "reason", "layers", "decisions", "cpu_ms", "wall_ms", "max_rss_mb"} <= set(good)
    assert good["decisions"]["nonzero"] == int((columns["close"] > columns["open"]).sum())
    assert {"seccomp", "landlock", "rlimits"} <= set(good["layers"]) and good["isolated"]
    assert (failed, crashed["status"]) == (1, "crashed")


def test_a_file_of_several_symbols(tmp_path: Path) -> None:
    time, columns = make_bars(40)
    table = pd.DataFrame({"time": pd.to_datetime(time, utc=True), **columns})
    table["high"], table["low"] = table[["open", "close"]].max(axis=1), table[["open", "close"]].min(axis=1)
    both = pd.concat([table.assign(symbol="AAAUSDT"), table.iloc[:30].assign(symbol="BBBUSDT")])
    data, toy = tmp_path / "bars.parquet", tmp_path / "toy.py"
    both.to_parquet(data, index=False)
    toy.write_text("def signals(bars): return [1.0] * len(bars)\n")
    code, failed = command(str(toy), "--data", str(data))
    assert code == 2 and "say which symbol" in failed["error"]
    code, good = command(str(toy), "--data", str(data), "--symbol", "BBB")
    assert (code, good["status"], good["decisions"]["n"]) == (0, "ok", 30)
