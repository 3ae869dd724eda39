"""A backtest command is found where nothing can be called, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.system.attach import attach
from tools.system.detect import AttachError, detect
from tools.system.system import System

MAIN = "if __name__ == '__main__':\n    print('sharpe: 1')\n"
ARGUED = """import argparse
p = argparse.ArgumentParser()
p.add_argument("-s", "--symbol", required=True)
p.add_argument("--data-dir", required=True)
p.add_argument("--fee", default=5)
p.add_argument("--exchange", required=True)
p.add_argument("out")
p.parse_args()
"""


def written(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_scripts_targets_and_shells_in_their_order(tmp_path: Path) -> None:
    root = written(
        tmp_path,
        backtest_DOT_py=MAIN,
        tools__my_backtest_DOT_py=MAIN,
        run_backtest_DOT_sh="echo",
        Makefile="all: x\n\nbacktest: data\n\techo\nbacktest := no\n",
        lib_backtester_DOT_py="def f():\n    return 1\n",
        tests__backtest_DOT_py=MAIN,
        test_backtest_DOT_py=MAIN,
    )
    found = detect(root).candidates
    assert [c.target for c in found] == [
        "python backtest.py", "make backtest", "python tools/my_backtest.py", "sh run_backtest.sh",
    ]  # fmt: skip
    assert {c.kind for c in found} == {"command"}
    assert [c.line for c in found[:2]] == [1, 3]


def test_what_a_script_demands_is_answered(tmp_path: Path) -> None:
    report = attach(written(tmp_path, backtest_DOT_py=ARGUED), yes=True)
    assert report.strategy.target == "python backtest.py --symbol {symbol} --data-dir {data} {out}"
    assert any("demands --exchange" in note for note in report.notes)
    assert System.open(tmp_path).config.strategy.target == report.strategy.target


def test_a_name_with_blanks_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "old stuff").mkdir()
    (tmp_path / "old stuff" / "backtest.py").write_text(MAIN)
    assert attach(tmp_path, yes=True).strategy.target == "python 'old stuff/backtest.py'"


def test_a_strategy_that_can_be_called_wins(tmp_path: Path) -> None:
    rules = "def signals(bars):\n    bars['enter_long'] = 1\n    bars['exit_long'] = 0\n    return bars\n"
    assert (
        attach(written(tmp_path, rules_DOT_py=rules, backtest_DOT_py=MAIN), yes=True).strategy.kind
        == "signals"
    )


def test_nothing_is_still_nothing(tmp_path: Path) -> None:
    with pytest.raises(AttachError, match="no strategy found"):
        attach(written(tmp_path, main_DOT_py=MAIN, backtest_DOT_py="X = 1\n"), yes=True)


def test_the_page_names_every_placeholder_and_column() -> None:
    from tools.system.adapters.command_trades import TRADE_COLUMNS
    from tools.system.adapters.command_words import PLACEHOLDERS

    page = (Path(__file__).resolve().parents[2] / "docs" / "command.md").read_text(encoding="utf-8")
    assert all(f"| `{{{name}}}` | {text}" in page for name, text in PLACEHOLDERS.items())
    assert all(f"`{name}`" in page for name in TRADE_COLUMNS)
