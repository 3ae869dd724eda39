"""Parameters of a freqtrade class: read from the source, written back into it."""

from __future__ import annotations

import ast

from tools.optimization.freqtrade_space import read_class
from tools.optimization.tuning import tuned_source

SOURCE = """
class Swing(IStrategy):
    stoploss = -0.1
    buy_params = {"buy_rsi": 30, "other": 1}  # found by hyperopt
    buy_rsi = IntParameter(10, 40, default=25, space="buy")
    buy_width = DecimalParameter([1.0, 3.0], default=2.0, decimals=1)  # bands
    fixed = IntParameter(1, 5, default=2, optimize=False)
    trend = BooleanParameter(default=True)
    kind = CategoricalParameter(["a", "b"], default="a")


class Other(IStrategy):
    buy_rsi = IntParameter(10, 40, default=25)
"""


def test_defaults_ranges_and_why_not() -> None:
    tree = ast.parse(SOURCE)
    node = tree.body[0]
    assert isinstance(node, ast.ClassDef)
    read = read_class(node)
    assert read.found == {"stoploss": -0.1, "buy_rsi": 30, "buy_width": 2.0, "trend": True}
    assert read.bounds == {"buy_rsi": (10.0, 40.0), "buy_width": (1.0, 3.0)}
    assert read.skipped == {"fixed": "optimize=False", "kind": "its values are no numbers"}


def test_found_values_are_written_where_they_count_and_nothing_else_moves() -> None:
    values = {"buy_rsi": 33, "buy_width": 2.4, "stoploss": -0.08, "trend": False}
    text = tuned_source(SOURCE, "Swing", values)
    expected = (
        SOURCE.replace('"buy_rsi": 30', '"buy_rsi": 33')
        .replace("IntParameter(10, 40, default=25, space", "IntParameter(10, 40, default=33, space")
        .replace("default=2.0", "default=2.4")
        .replace("stoploss = -0.1", "stoploss = -0.08")
        .replace("default=True", "default=False")
    )
    assert text == expected
