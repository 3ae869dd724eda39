"""The threshold codemod on a strategy's class: numbers in attributes, parameters and tables of chosen values."""

from __future__ import annotations

import ast

import pytest
from test_scale_free import repaired

HEAD = "import pandas as pd\nfrom freqtrade.strategy import IntParameter, IStrategy\n\n\n"
METHOD = """
    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["volume"] > {number}), "enter_long"] = 1
        return dataframe
"""


def fix(attributes: str, number: str) -> str:
    source = f"{HEAD}class S(IStrategy):\n{attributes}{METHOD.format(number=number)}"
    text = repaired({"a.py": source}, f'(dataframe["volume"] > {number})')["a.py"]
    ast.parse(text)
    assert f"> {number})" not in text and "trailing_quantile" in text
    return text


@pytest.mark.parametrize(
    ("attributes", "number"),
    [
        ("    floor = IntParameter(1, 9_000_000, default=1_000_000)\n", "self.floor.value"),
        ('    buy_params = {"floor": 1_000_000, "other": 3}\n    floor = IntParameter(1, 9, default=5)\n', "self.floor.value"),
    ],
)  # fmt: skip
def test_the_number_becomes_two_attributes_and_is_gone(attributes: str, number: str) -> None:
    text = fix(attributes, number)
    assert "    floor_bars = 2016\n    floor_pass_share = 0.9\n" in text
    assert "1_000_000" not in text and "    floor = " not in text
    assert "IntParameter" not in text and "import IStrategy\n" in text
    assert ('"other": 3' in text) == ('"other": 3' in attributes)


def test_a_plain_attribute_leaves_imports_alone() -> None:
    text = fix("    floor = 1e6\n", "self.floor")
    assert "import IntParameter, IStrategy\n" in text and "floor_bars = 2016" in text


def test_a_kind_of_parameter_that_others_use_is_still_imported() -> None:
    more = "    floor = IntParameter(1, 9, default=5)\n    other = IntParameter(1, 9, default=5)\n"
    text = fix(more, "self.floor.value")
    assert "import IntParameter, IStrategy\n" in text and "    other = IntParameter" in text


def test_a_number_that_others_read_stays() -> None:
    attributes = "    floor = 1e6\n\n    def size(self):\n        return self.floor\n"
    assert "    floor = 1e6\n" in fix(attributes, "self.floor")


def test_a_table_that_holds_the_number_is_left_alone() -> None:
    attributes = '    settings = {"floor": 1e6}\n'
    text = fix(attributes, 'self.settings["floor"]')
    assert attributes in text and "settings_bars" not in text and "2016, 0.1)" in text
