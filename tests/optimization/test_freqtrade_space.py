"""Parameters of a freqtrade class: read from the source, written back into it."""

from __future__ import annotations

import ast
import json

from sandbox.host.contracts import Setting
from tools.analysis.source import SourceTree
from tools.optimization.freqtrade_space import ClassSettings, read_class, read_line
from tools.optimization.space import Param
from tools.optimization.tuning import tuned_source

SOURCE = """
class Swing(IStrategy):
    stoploss = -0.1
    startup_candle_count = 40
    MIN_GAP = 0.5
    slow: int = 34
    buy_params = {"buy_rsi": 30, "other": 1}  # found by hyperopt
    buy_rsi = IntParameter(10, 40, default=25, space="buy")
    buy_width = DecimalParameter([1.0, 3.0], default=2.0, decimals=1)  # bands
    fixed = IntParameter(1, 5, default=2, optimize=False)
    trend = BooleanParameter(default=True)
    kind = CategoricalParameter(["a", "b"])
    odd = CategoricalParameter(CHOICES, default="a")
    plain: RealParameter = RealParameter(low=0.1, high=3.0, default=1.0)


class Other(IStrategy):
    buy_rsi = IntParameter(10, 40, default=25)
"""


def test_defaults_ranges_and_why_not() -> None:
    tree = ast.parse(SOURCE)
    node = tree.body[0]
    assert isinstance(node, ast.ClassDef)
    read = read_class(node)
    assert read.found == {
        "stoploss": -0.1,
        "MIN_GAP": 0.5,
        "slow": 34,
        "buy_rsi": 30,
        "buy_width": 2.0,
        "trend": True,
        "kind": "a",
        "plain": 1.0,
    }
    assert read.bounds == {"buy_rsi": (10.0, 40.0), "buy_width": (1.0, 3.0), "plain": (0.1, 3.0)}
    assert read.choices == {"kind": ("a", "b")} and read.decimals == {"buy_width": 1}
    assert read.skipped == {"fixed": "optimize=False", "odd": "its categories are no plain values"}


def test_found_values_are_written_where_they_count_and_nothing_else_moves() -> None:
    values: dict[str, Setting] = {
        "buy_rsi": 33,
        "buy_width": 2.4,
        "stoploss": -0.08,
        "trend": False,
        "kind": "b",
        "slow": 40,
        "plain": 1.5,
    }
    text = tuned_source(SOURCE, "Swing", values)
    expected = (
        SOURCE.replace('"buy_rsi": 30', '"buy_rsi": 33')
        .replace("IntParameter(10, 40, default=25, space", "IntParameter(10, 40, default=33, space")
        .replace("default=2.0", "default=2.4")
        .replace("stoploss = -0.1", "stoploss = -0.08")
        .replace("default=True", "default=False")
        .replace('(["a", "b"])', '(["a", "b"], default="b")')
        .replace("slow: int = 34", "slow: int = 40")
        .replace("high=3.0, default=1.0", "high=3.0, default=1.5")
    )
    assert text == expected


BASE = """
class Base(IStrategy):
    gap = 0.2
    buy_rsi = IntParameter(10, 40, default=25)
    sell_rsi = IntParameter(60, 90, default=70)
"""
CHILD = """
from shared.base import Base

class Child(Base):
    buy_params = {"buy_rsi": 31}
    sell_rsi = IntParameter(60, 80, default=75)
"""


def line(stored: str | None = None) -> ClassSettings:
    tree = SourceTree.from_files({"shared/base.py": BASE, "child.py": CHILD})
    node = next(n for n in ast.parse(CHILD).body if isinstance(n, ast.ClassDef))
    return read_line(tree, "child.py", node, stored)


def test_what_is_inherited_has_a_home_of_its_own() -> None:
    read = line()
    assert read.found == {"gap": 0.2, "buy_rsi": 31, "sell_rsi": 75}
    home = ("shared/base.py", "Base")
    assert read.bounds["sell_rsi"] == (60.0, 80.0) and read.homes == {"gap": home, "buy_rsi": home}
    assert tuned_source(CHILD, "Child", {}, {"buy_rsi": 33, "gap": 0.3}) == CHILD.replace("31", "33")


def test_what_hyperopts_file_sets_is_not_searched() -> None:
    text = {"strategy_name": "Child", "params": {"buy": {"buy_rsi": 20}, "roi": {"0": 0.1}}}
    read = line(json.dumps(text))
    assert "buy_rsi" not in read.found and "child.json" in read.skipped["buy_rsi"]
    assert line(json.dumps({**text, "strategy_name": "Another"})).found["buy_rsi"] == 31
    assert line("no json").found["buy_rsi"] == 31


def test_a_choice_is_one_of_its_values_and_a_decimal_is_rounded() -> None:
    choice = Param("kind", "choice", "a", 0, 1, ("a", "b", "c"))
    assert [choice.unit(v) for v in choice.choices] == [0.0, 0.5, 1.0] and choice.clean("b") == "b"
    assert not choice.log and not choice.ordered
    assert Param("w", "float", 1.0, 0.5, 3.0, decimals=1).clean(1.2345) == 1.2
