"""Attaching: the strategy, its parameters and its surroundings are found without running a line."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from tools.contracts import MendelError
from tools.system.attach import AttachError, attach, detect, render_toml
from tools.system.config import load_config, parse_config
from tools.system.markets import load_system_markets
from tools.system.system import System

ROOT = Path(__file__).parents[2]
TRAP = "raise SystemExit('this was imported')\n"
SIGNALS = "def signals(bars, params: {hint}):\n    bars['enter_long'] = 1\n    return bars\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for rel, text in files.items():
        (root / rel).parent.mkdir(parents=True, exist_ok=True)
        (root / rel).write_text(text)
    return root


def bars(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    index = pd.date_range("2024-01-01", periods=500, freq="1h", tz="UTC")
    frame = pd.DataFrame(
        {"timestamp": index, **dict.fromkeys(("open", "high", "low", "close", "volume"), 1.0)}
    )
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".feather":
        frame.to_feather(path)
    else:
        frame.to_csv(path, index=False)


def test_the_example_is_found_as_its_author_would_say() -> None:
    found = detect(ROOT / "examples/squeeze")
    best = found.candidates[0]
    assert (best.target, best.params) == ("squeeze_bot.strategy:signals", "squeeze_bot.config:SqueezeConfig")
    assert found.tests == "python -m pytest -q" and found.serve == "python make_dashboard.py"


@pytest.mark.parametrize(
    ("hint", "imports", "expected"),
    [
        ("Params", "from app.settings import Params\n", "app.settings:Params"),
        ("Params", "from .settings import Params\n", "app.settings:Params"),
        ("Params", "from .settings import Params as Params\n", "app.settings:Params"),
        ("'Params'", "from .settings import Params\n", "app.settings:Params"),
        ("Params | None", "from .settings import Params\n", "app.settings:Params"),
        (
            "Optional[Params]",
            "from typing import Optional\nfrom .settings import Params\n",
            "app.settings:Params",
        ),
        ("settings.Params", "from app import settings\n", "app.settings:Params"),
        ("settings.Params", "from . import settings\n", "app.settings:Params"),
        ("s.Params", "import app.settings as s\n", "app.settings:Params"),
        ("Own", "class Own:\n    pass\n", "app.rules:Own"),
        ("dict", "", "app.settings:Params"),  # the only class in the system that is called so
    ],
)
def test_parameters_are_followed_to_their_class(
    tmp_path: Path, hint: str, imports: str, expected: str
) -> None:
    files = {"app/__init__.py": "", "app/settings.py": TRAP + "class Params:\n    pass\n"}
    write(tmp_path, {**files, "app/rules.py": TRAP + imports + SIGNALS.format(hint=hint)})
    best = detect(tmp_path).candidates[0]
    assert (best.target, best.params, best.doubt) == ("app.rules:signals", expected, "")


@pytest.mark.parametrize(
    "source",
    [
        "def run(df):\n    df.loc[df.close > 1, 'enter_long'] = 1\n    return df\n",
        "def run(candles):\n    return candles.assign(enter_short=0)\n",
        "import pandas as pd\ndef run(x: pd.DataFrame):\n    return pd.DataFrame({'exit_long': x.a})\n",
        "def generate_signals(data, p=None):\n    return helper(data)\n",
    ],
)
def test_other_styles_of_strategy(tmp_path: Path, source: str) -> None:
    found = detect(write(tmp_path, {"bot.py": source}))
    assert [c.target.split(":")[0] for c in found.candidates] == ["bot"] and found.candidates[
        0
    ].params is None


@pytest.mark.parametrize(
    "source",
    [
        "def show(df):\n    return df['enter_long'].sum()\n",
        "def signals(bars, params, portfolio):\n    bars['enter_long'] = 1\n",
        "def signals(bars, *, broker):\n    bars['enter_long'] = 1\n",
        "def signals():\n    return {'enter_long': 1}\n",
        "async def signals(bars):\n    bars['enter_long'] = 1\n",
    ],
)
def test_what_cannot_be_called_as_a_strategy_is_not_one(tmp_path: Path, source: str) -> None:
    with pytest.raises(AttachError, match=r"no strategy found; write signals\(bars, params\)"):
        attach(write(tmp_path, {"bot.py": source, "tests/test_bot.py": SIGNALS}))


def test_what_is_written_can_be_read_back_and_used(tmp_path: Path) -> None:
    root = write(
        tmp_path / 'my bot "é"',
        {"rules.py": SIGNALS.format(hint="P") + "class P:\n    pass\n", "tests/test_a.py": ""},
    )
    bars(root / "market data/BTCUSDT-1h.parquet")
    bars(root / "market data/ETHUSDT-1h.parquet")
    bars(root / "old/BTCUSDT-1h.csv")
    write(
        root,
        {
            "results/trades.csv": "time,pnl\n",
            "out/report.html": "",
            ".venv/pyvenv.cfg": "",
            ".venv/bin/python": "",
        },
    )
    report = attach(root)
    config = load_config(root)
    assert report.file == root / "mendel.toml" and report.notes == ()
    assert (config.system.name, config.system.python) == (root.name, ".venv/bin/python")
    assert (config.strategy.target, config.strategy.params) == ("rules:signals", "rules:P")
    assert (config.data.path, config.data.timeframe) == ("market data/*.parquet", "1h")
    assert (config.dashboards.pages, config.tests.command) == (["out/*.html"], "python -m pytest -q")
    assert '# or: path = "old/*.csv"' in report.file.read_text()
    system = System.open(root)
    assert sorted(load_system_markets(system).markets) == ["BTCUSDT", "ETHUSDT"]
    assert set(system.source_files()) == {"mendel.toml", "rules.py", "tests/test_a.py", "out/report.html"}


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    write(tmp_path, {"rules.py": SIGNALS.format(hint="dict"), "mendel.toml": "mine"})
    with pytest.raises(AttachError, match="exists already"):
        attach(tmp_path)
    assert (tmp_path / "mendel.toml").read_text() == "mine"
    attach(tmp_path, force=True)
    assert load_config(tmp_path).strategy.target == "rules:signals"


def test_ambiguity_is_asked_or_left_as_comments(tmp_path: Path) -> None:
    text = SIGNALS.format(hint="dict")
    write(tmp_path, {"a.py": text, "b.py": text})
    with pytest.raises(
        AttachError, match="a:signals, b:signals could each be the strategy; choose one with --target"
    ):
        attach(tmp_path)
    assert not (tmp_path / "mendel.toml").exists()
    report = attach(tmp_path, yes=True)
    assert (
        '# or: target = "b:signals"' in report.file.read_text() and "set [strategy] params" in report.notes[0]
    )
    assert attach(tmp_path, target="b:signals", force=True).strategy.target == "b:signals"
    with pytest.raises(AttachError, match="did you mean b:signals"):
        attach(tmp_path, target="b:signal", force=True)


def test_files_that_do_not_parse_are_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "rules.py": SIGNALS.format(hint="dict"),
            "broken.py": "def (:\n",
            "deep.py": "x = " + "-" * 30_000 + "1\n",
        },
    )
    notes = attach(tmp_path).notes
    assert [note.split(" does not parse")[0] for note in notes[:2]] == ["broken.py", "deep.py"]
    (tmp_path / "rules.py").unlink()
    with pytest.raises(AttachError, match=r"no strategy found \(broken\.py does not parse"):
        attach(tmp_path, force=True)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("from backtesting import Strategy\nclass Mine(Strategy):", "backtesting"),
        ("import backtesting as bt\nclass Mine(bt.Strategy):", "backtesting"),
        ("from backtesting import lib\nclass Mine(lib.SignalStrategy):", "backtesting"),
        ("from backtesting.lib import TrailingStrategy as T\nclass Mine(T):", "backtesting"),
        ("from backtesting import *\nclass Mine(Strategy):", "backtesting"),
        ("from backtrader import Strategy\nclass Mine(Strategy):", None),
        ("import backtrader as bt\nclass Mine(bt.Strategy):", None),
        ("class Strategy:\n    pass\nclass Mine(Strategy):", None),
    ],
)
def test_a_class_named_strategy_counts_by_where_it_comes_from(
    tmp_path: Path, source: str, kind: str | None
) -> None:
    write(tmp_path, {"s.py": f"{source}\n    def next(self):\n        pass\n"})
    if kind is None:
        with pytest.raises(AttachError, match="no strategy found"):
            attach(tmp_path)
    else:
        strategy = attach(tmp_path, yes=True).strategy
        assert (strategy.kind, strategy.target) == (kind, "s:Mine")


def test_source_in_src_and_data_beside_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"src/app/__init__.py": "", "src/app/rules.py": SIGNALS.format(hint="dict"), "tests/test_a.py": ""},
    )
    bars(tmp_path / "data/BTCUSDT-1h.feather")
    report = attach(tmp_path)
    config = load_config(tmp_path)
    assert (config.system.root, config.strategy.target) == ("src", "app.rules:signals")
    assert any("tests outside" in note for note in report.notes)
    assert list(load_system_markets(System.open(tmp_path)).markets) == ["BTCUSDT"]


def test_data_given_by_hand_and_odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(
        tmp_path / "system", {"rules.py": SIGNALS.format(hint="dict"), "empty.csv": "", "bad.parquet": "no"}
    )
    (root / "bad.csv.gz").write_bytes(b"\x1f\x8bno")
    (root / "x.csv.gz").write_bytes(gzip.compress(b"time,Open,High,Low,Close\n"))
    assert detect(root).data == ("*.csv.gz",)
    bars(tmp_path / "elsewhere/BTCUSDT-1h.csv")
    monkeypatch.chdir(tmp_path)
    attach(root, data="elsewhere/*.csv")
    assert load_config(root).data.path == str(tmp_path / "elsewhere/*.csv")
    monkeypatch.chdir(root)
    attach(root, data="sub/*.csv", force=True)
    assert load_config(root).data.path == "sub/*.csv"


def test_no_folder_and_no_rights(tmp_path: Path) -> None:
    with pytest.raises(MendelError, match="no such folder"):
        attach(tmp_path / "absent")


def test_rendering_needs_a_strategy_and_always_parses() -> None:
    found = detect(ROOT / "examples/squeeze")
    assert parse_config(render_toml(found)).strategy.kind == "signals"
