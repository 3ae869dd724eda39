"""Bots that are called bar by bar are found by how they look; nothing is imported."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tools.system.candidates import Candidate
from tools.system.modules import Module
from tools.system.processes import find_processes


def found(**files: str) -> list[Candidate]:
    modules = {
        name: Module(name, f"{name}.py", ast.parse(textwrap.dedent(text))) for name, text in files.items()
    }
    return find_processes(modules)


FUNCTION = "def process(dataset, portfolio_state):\n    return {'orders': []}\n"
CLASS = "class Bot:\n    def process(self, dataset, portfolio_state):\n        return {'orders': []}\n"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (FUNCTION, "app:process"),
        (CLASS, "app:Bot"),
        ("def decide(market_data, portfolio):\n    return dict(orders=[])\n", "app:decide"),
        ("def process(bars, account, config):\n    return {'orders': []}\n", "app:process"),
        ("def process(dataset):\n    return {'orders': []}\n", "app:process"),
        (f"{CLASS}\nclass Child(Bot):\n    pass\n", "app:Child"),
    ],
)
def test_what_looks_like_one(text: str, target: str) -> None:
    first = found(app=text)[0]
    assert (first.target, first.kind) == (target, "process")


@pytest.mark.parametrize(
    "text",
    [
        "def process(dataset):\n    return dataset.dropna()\n",
        "def process(text, state):\n    return text\n",
        "def process():\n    return {'orders': []}\n",
        "def process(dataset, portfolio_state, *, key):\n    return {'orders': []}\n",
        "class Cleaner:\n    def process(self, data):\n        return data\n",
        "class Base:\n    def process(self, dataset, portfolio_state):\n        raise NotImplementedError('orders')\n",
        "class Base:\n    @abstractmethod\n    def process(self, dataset, portfolio_state):\n        'orders'\n",
    ],
)
def test_what_does_not(text: str) -> None:
    assert found(app=text) == []


def test_a_base_class_comes_after_what_inherits_from_it() -> None:
    text = "class Bot:\n    def process(self, dataset, portfolio_state):\n        return {'orders': self.rules(dataset)}\n"
    child = "from base import Bot\n\nclass Swing(Bot):\n    def rules(self, dataset):\n        return []\n"
    assert [c.target for c in found(base=text, swing=child)] == ["swing:Swing", "base:Bot"]


@pytest.mark.parametrize(
    ("maker", "params", "doubt"),
    [
        ("def __init__(self, config: Config):\n        pass", "app:Config", ""),
        ("def __init__(self, cfg):\n        pass", "app:Config", ""),
        ("def __init__(self, settings=None):\n        pass", "app:SETTINGS", ""),
        ("def __init__(self):\n        pass", None, ""),
        ("def __init__(self, exchange):\n        pass", "app:Config", ""),
    ],
)
def test_what_makes_its_settings(maker: str, params: str | None, doubt: str) -> None:
    table = "SETTINGS = {'fast': 3}\n" if "settings" in maker else ""
    text = f"{table}class Config:\n    fast = 3\n\n{CLASS}\n    {maker}\n"
    first = next(c for c in found(app=text) if c.target == "app:Bot")
    assert (first.params, first.doubt) == (params, doubt)


def test_a_dataclass_whose_fields_lack_defaults_is_told() -> None:
    text = f"@dataclass\n{CLASS.replace('Bot:', 'Bot:' + chr(10) + '    fast: int' + chr(10) + '    slow: int = 3')}"
    assert found(app=text)[0].doubt == "its fields fast have no defaults"
