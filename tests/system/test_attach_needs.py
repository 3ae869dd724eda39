"""Environment variables, modules from outside and stubs, found in source; and how mendel.toml tells them."""

import ast
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from attach_kit import SIGNALS, write

from tools.system.attach import attach
from tools.system.config import load_config
from tools.system.environment import find_variables
from tools.system.imports import not_installed


def variables(source: str) -> dict[str, tuple[str | None, bool]]:
    text = dedent(source)
    return {v.name: (v.default, v.needed) for v in find_variables({"a.py": ast.parse(text)}, {"a.py": text})}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os\nos.environ['A']", {"A": (None, True)}),
        ("import os as o\no.environ.get('A')\no.getenv('B', 'x')", {"A": (None, False), "B": ("'x'", False)}),
        ("from os import environ, getenv as g\nenviron['A']\ng('B', default=1 + 1)", {"A": (None, True), "B": ("1 + 1", False)}),
        ("import os\nos.environ['A'] = '1'\ndel os.environ['B']\nother['C']", {}),
        ("import os\nos.environ.get('A')\nos.environ['A']", {"A": (None, True)}),
        ("from decouple import config\nconfig('A')\nconfig('B', default='y', cast=str)", {"A": (None, True), "B": ("'y'", False)}),
        ("from environs import Env\nenv = Env()\nenv.str('A')\nenv('B', 3)\nenv.read_env('.env') # decouple", {"A": (None, True), "B": ("3", False)}),
        ("def config(x): ...\nconfig('A')  # environ", {}),
        (
            """
            from pydantic_settings import BaseSettings
            from pydantic import Field
            class S(BaseSettings):
                model_config = {"x": 1}
                key: str
                url: str = "http://h"
                token: str = Field(..., alias="TOKEN_X")
                n: int = Field(default=3)
            """,
            {"KEY": (None, True), "URL": ("'http://h'", False), "TOKEN_X": (None, True), "N": ("3", False)},
        ),
        ("from p import BaseSettings\nclass S(BaseSettings):\n    key: str\n    class Config:\n        env_prefix = 'BOT_'\n", {"BOT_KEY": (None, True)}),
    ],
)  # fmt: skip
def test_variables(source: str, found: dict[str, tuple[str | None, bool]]) -> None:
    assert variables(source) == found


def test_what_is_not_installed_is_asked_without_running_any_of_it(tmp_path: Path) -> None:
    names = ["os", "sys", "numpy", "zoneinfo", "_thread", "nobody_has_this", "google"]
    assert set(not_installed(names, Path(sys.executable))) - {"google"} == {"nobody_has_this"}
    assert not_installed(names, tmp_path / "no-python") == []


USES = """
import json, numpy as np, nobody_a.inner
from nobody_b import Client
import sqlalchemy, requests
try:
    import nobody_c
except ImportError:
    nobody_c = None
if __name__ == "__main__":
    import nobody_d
def later():
    import nobody_e
engine = sqlalchemy.create_engine("postgresql://10.0.0.1/x")
TABLE = Client("x").table
def send(text):
    requests.post("http://10.0.0.1", data=text)
from lib import helper
"""


def test_modules_from_outside_by_how_they_are_imported(tmp_path: Path) -> None:
    files = {
        "bot.py": USES + SIGNALS,
        "lib.py": "import nobody_f\nhelper = 1\n",
        "other.py": "import nobody_g\n",
    }
    report = attach(write(tmp_path, files), yes=True)
    found = report.detected
    assert {i.top for i in found.absent if not i.guarded} == {"nobody_a", "nobody_b", "nobody_f"}
    assert {i.top for i in found.absent if i.guarded} == {"nobody_c", "nobody_d", "nobody_e"}
    assert {i.top for i in found.clients if i.connects} == {"sqlalchemy"}
    assert "requests" in {i.top for i in found.clients}
    assert load_config(tmp_path).system.stubs == ["nobody_a", "nobody_b", "nobody_f", "sqlalchemy"]
    text = report.file.read_text()
    assert "#   sqlalchemy: bot.py line 4, called when it is imported" in text
    assert "#   nobody_f: lib.py line 1, not installed" in text


def test_a_package_of_the_system_is_not_from_outside(tmp_path: Path) -> None:
    files = {
        "redis/__init__.py": "",
        "redis/x.py": "",
        "bot.py": "import redis.x\nfrom redis import y\n" + SIGNALS,
    }
    assert attach(write(tmp_path, files), yes=True).detected.absent == ()


def test_mendel_toml_tells_variables_and_hostile_names_do_not_break_it(tmp_path: Path) -> None:
    odd = "import os\nos.environ['A\\nB = \"x\"']\nos.environ['K']\nos.getenv('D', 'line\\nbreak')\n"
    report = attach(
        write(tmp_path, {'we"ird\nname/bot.py': odd + SIGNALS, "bot.py": odd + SIGNALS}), target="bot:signals"
    )
    text = report.file.read_text()
    assert load_config(tmp_path).system.environment == {}
    assert '# environment = { "A\\nB = \\"x\\"" = "...", K = "..." }' in text, text
    assert (
        "#   K: bot.py line 3, no default" in text and "#   D: bot.py line 4, default 'line\\nbreak'" in text
    )
