"""The map of a system: what is in it, where it starts, how data reaches decisions, what is odd."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.analysis.architecture import analyze_architecture, architecture_text
from tools.analysis.source import MAX_DEPTH, SourceTree, module_name

FILES = {
    "src/bot/__init__.py": '"""A bot."""\n',
    "src/bot/conf.py": (
        '"""Settings."""\nfrom dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Knobs:\n'
        "    length: int = 20\n    cut: float = 2.5\n    idle: int = 3\n"
    ),
    "src/bot/maths.py": (
        '"""Indicators."""\n\n\ndef mean(x, n):\n    return x.rolling(n).mean()\n\n\n'
        "def _orphan(x):\n    return x + 1\n"
    ),
    "src/bot/strategy.py": (
        "import os\nimport time\nfrom pathlib import Path\n\nfrom .conf import Knobs\nfrom . import maths\n\n"
        "SEEN = []\nPath('out').mkdir(exist_ok=True)\n\n\n"
        "def score(bars, k):\n"
        "    busy = bars['volume'] / maths.mean(bars['volume'], k.length)\n"
        "    return 2 * (busy > k.cut) + 1 * (bars.close > bars.open)\n\n\n"
        "def signals(bars, k: Knobs):\n"
        "    SEEN.append(1)\n"
        "    bars = bars.copy()\n"
        "    interest = bars.get('open_interest')\n"
        "    bars['enter_long'] = score(bars, k) >= 2\n"
        "    bars.loc[bars['close'] < maths.mean(bars['low'], 3), 'exit_long'] = 1\n"
        "    print(os.getenv('MODE', 'x'), time.time(), interest)\n"
        "    return bars\n"
    ),
    "src/bot/a.py": "from bot import b\n\n\ndef f():\n    return b\n",
    "src/bot/b.py": "import bot.a\n\n\ndef g():\n    return bot.a\n",
    "src/bot/lazy.py": "def h():\n    from bot import strategy\n    return strategy\n",
    "run it/go now.py": "from bot.strategy import signals\n\nif __name__ == '__main__':\n    signals(None, None)\n",
    "tests/test_bot.py": "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n",
    "src/bot/broken.py": "def f(:\n",
    "notes.txt": "not python",
}  # fmt: skip
COLUMNS = ("open", "high", "low", "close", "volume", "open_interest")


def read(files=None, **options):
    tree = SourceTree.from_files(files or FILES)
    given_options = {
        "target": "bot.strategy:signals",
        "params": "bot.conf:Knobs",
        "columns": COLUMNS,
    } | options
    return analyze_architecture(tree, **given_options)


def test_json_has_every_section_and_only_json_values() -> None:
    document = read().to_json()
    assert json.loads(json.dumps(document)) == document
    wanted = {
        "modules", "entry_points", "cycles", "data_flow", "settings", "environment", "dead_code", "duplicates",
        "side_effects", "wall_clock", "globals", "unread",
    }  # fmt: skip
    assert wanted <= set(document)


def test_modules_and_imports() -> None:
    rows = {row["module"]: row for row in read().to_json()["modules"]}
    assert rows["bot.strategy"]["imports"] == ["bot", "bot.conf", "bot.maths"]
    assert rows["bot.maths"]["purpose"] == "Indicators."
    assert rows["bot.maths"]["functions"] == 2
    assert rows["bot.conf"]["classes"] == 1
    assert "run it.go now" in rows


def test_entry_points() -> None:
    pyproject = {"pyproject.toml": "[project.scripts]\nbot = 'bot.strategy:signals'\n"}
    rows = read(other_files=pyproject).to_json()["entry_points"]
    assert {(row["kind"], row["file"], row["name"]) for row in rows} == {
        ("strategy", "src/bot/strategy.py", "bot.strategy:signals"),
        ("script", "run it/go now.py", "run it.go now"),
        ("tests", "tests/test_bot.py", "2 tests"),
        ("console_script", "src/bot/strategy.py", "bot"),
    }


def test_import_cycles_are_found_and_lazy_imports_are_none() -> None:
    assert read().to_json()["cycles"] == [["bot.a", "bot.b"]]


def test_columns_and_settings_reach_decisions_through_calls() -> None:
    rows = read().to_json()["data_flow"]
    volume = next(row for row in rows if row["column"] == "volume")
    assert volume["reaches"] == ["enter_long"]
    assert volume["function"] == "score"
    assert any(text.endswith("busy > k.cut") for text in volume["via"])
    assert any(text.endswith("score(bars, k) >= 2") for text in volume["via"])
    cut = next(row for row in rows if row["column"] == "cut")
    assert (cut["kind"], cut["reaches"]) == ("setting", ["enter_long"])
    low = next(row for row in rows if row["column"] == "low")
    assert low["reaches"] == ["exit_long"]
    interest = next(row for row in rows if row["column"] == "open_interest")
    assert interest["reaches"] == []


def test_a_mask_and_early_returns_decide() -> None:
    files = {
        "s.py": "def signals(bars):\n    out = []\n    for bar in bars:\n        if bar['volume'] < 3:\n"
        "            continue\n        if bar['close'] > bar['open']:\n            out.append({'enter_long': 1})\n"
        "    return out\n"
    }
    rows = read(files, target="s:signals", params=None).to_json()["decisions"]
    (row,) = [row for row in rows if row["name"] == "enter_long"]
    assert row["columns"] == ["close", "open", "volume"]
    assert [gate["line"] for gate in row["conditions"]] == [4, 6]


def test_settings_environment_and_oddities() -> None:
    document = read().to_json()
    settings = {row["name"]: row for row in document["settings"]}
    assert settings["Knobs.idle"]["readers"] == []
    assert settings["Knobs.cut"] | {"readers": 0} == {
        "name": "Knobs.cut", "file": "src/bot/conf.py", "line": 8, "default": "2.5", "readers": 0, "dynamic": False,
    }  # fmt: skip
    assert [(row["name"], row["default"]) for row in document["environment"]] == [("MODE", "'x'")]
    assert [row["name"] for row in document["dead_code"]] == ["f", "g", "h", "_orphan"]
    assert [(row["file"], row["line"]) for row in document["side_effects"]] == [("src/bot/strategy.py", 9)]
    assert [row["call"] for row in document["wall_clock"]] == ["time.time"]
    assert [(row["name"], row["writers"]) for row in document["globals"]] == [("SEEN", [18])]


def test_duplicates_ignore_names() -> None:
    one = "def f(a, n):\n    b = a.rolling(n)\n    c = b.mean()\n    d = c.shift(1)\n    return d / c\n"
    two = one.replace("f(a, n)", "g(x, size)").replace("a.rolling(n)", "x.rolling(size)").replace("c", "u")
    (group,) = read({"one.py": one, "two.py": two}, target=None, params=None).to_json()["duplicates"]
    assert [f["name"] for f in group["functions"]] == ["f", "g"]


def test_what_cannot_be_read_is_said() -> None:
    tree = SourceTree.from_files(FILES, unreadable={"src/bot/a.py": "too large"})
    arch = analyze_architecture(tree, target=None, params=None, columns=COLUMNS)
    unread = {row["file"]: row["why"] for row in arch.to_json()["unread"]}
    assert unread["src/bot/a.py"] == "too large"
    assert unread["src/bot/broken.py"].startswith("syntax error at line 1")
    assert "could not be read" in architecture_text(arch)


def test_text_names_what_matters() -> None:
    text = architecture_text(read())
    for part in ("bot.strategy:signals", "enter_long", "volume", "bot.a -> bot.b", "open_interest"):
        assert part in text


@pytest.mark.parametrize(
    "text",
    ["x = " + "(" * 150 + "1" + ")" * 150, "x = " + "-" * 5000 + "1", "x = " + "+".join("a" * 3000), "x\0y", "x = " + "[" * 5000,
     "\n".join(f"{' ' * i}if a:" for i in range(120)) + "\n" + " " * 120 + "pass",
     "if a:\n    pass\n" + "elif b:\n    pass\n" * 2000],
)  # fmt: skip
def test_deep_nesting_never_crashes(text: str) -> None:
    tree = SourceTree.from_files({"deep.py": text, "fine.py": "x = 1\n"})
    arch = analyze_architecture(tree, target=None, params=None, columns=COLUMNS)
    assert "fine.py" in tree.files
    assert {"deep.py"} == set(tree.files) - {"fine.py"} | set(tree.unreadable)
    assert architecture_text(arch)


def test_nesting_at_the_limit_is_read() -> None:
    text = "x = " + "-" * (MAX_DEPTH - 10) + "a"
    files = {
        "deep.py": text
        + "\n"
        + "\n".join(f"def f{i}(a):\n    return f{i + 1}({'-' * 100}a)\n" for i in range(60))
    }
    tree = SourceTree.from_files(files)
    assert not tree.unreadable
    analyze_architecture(tree, target=None, params=None, columns=COLUMNS)


def test_recursion_and_mutual_recursion_end() -> None:
    text = "def f(x):\n    return g(x) + f(x - 1)\n\n\ndef g(x):\n    return f(x) * x\n\n\nA = B\nB = A\n"
    assert read({"r.py": text}, target="r:f", params=None).to_json()["modules"]


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("src/a/b.py", "a.b"),
        ("a/__init__.py", "a"),
        ("my strategies/v 2.py", "my strategies.v 2"),
        ("x.py", "x"),
    ],
)
def test_module_names(path: str, module: str) -> None:
    assert module_name(path) == module


def test_relative_imports_and_packages_below_the_root() -> None:
    files = {
        "user_data/bot/core/rules.py": "from ..util.maths import double\n\n\ndef signals(bars):\n"
        "    return {'enter_long': double(bars['close']) > 2 * bars['open']}\n",
        "user_data/bot/util/maths.py": "def double(x):\n    return 2 * x\n",
    }
    rows = read(files, target="bot.core.rules:signals", params=None).to_json()
    assert rows["modules"][0]["imports"] == ["user_data.bot.util.maths"]
    assert rows["decisions"][0]["columns"] == ["close", "open"]


def test_ten_thousand_lines_in_time() -> None:
    body = "".join(
        f"def rule_{i}(bars, n={i}):\n    x = bars['volume'].rolling(n).mean()\n    y = bars['close'].diff(n)\n"
        f"    for k in range(3):\n        if y.sum() > k:\n            x = x + rule_{i - 1 if i else 0}(bars, k)\n"
        "        else:\n            x = x * 2\n    return (x > y) & (y < 3)\n\n"
        for i in range(40)
    )
    files = {f"pkg/m{j}.py": body for j in range(25)}
    started = time.perf_counter()
    arch = read(files, target=None, params=None)
    seconds = time.perf_counter() - started
    assert sum(row["lines"] for row in arch.to_json()["modules"]) >= 10_000
    assert seconds < 30, f"{seconds:.1f} s"  # a busy machine; the figure to reach is 10 s on an idle one


@given(st.text(alphabet="abx =+-*/()[]{}:.,<>\n  'defrtunilascv1", max_size=80))
def test_any_text_is_read_or_named(text: str) -> None:
    tree = SourceTree.from_files({"t.py": text})
    assert set(tree.files) | set(tree.unreadable) == {"t.py"}
    analyze_architecture(tree, target="t:f", params=None, columns=COLUMNS).to_json()


ODD = {
    "main.py": (
        "import os\nimport talib\nimport numpy as np\nimport pandas as pd\n\nos.environ['UNUSED'] = '1'\nKEY = os.environ['KEY']\n"
        "P = {'length': 20, 'idle': 3}\n\n\n"
        "def zscore(s, n):\n    m = s.rolling(n).mean()\n    d = s.rolling(n).std()\n    return (s - m) / d\n\n\n"
        "def again(x, k):\n    a = x.rolling(k).mean()\n    b = x.rolling(k).std()\n    return (x - a) / b\n\n\n"
        "def signals(bars, p):\n"
        "    try:\n        move = bars['close'].pct_change(p['length'])\n    except Exception:\n        move = 0\n"
        "    try:\n        move = move + 0\n    except Exception as e:\n        raise ValueError(e)\n"
        "    rows, past = pd.DataFrame(), []\n"
        "    for i, row in bars.iterrows():\n"
        "        slow = zscore(bars['close'], 96)\n"
        "        fast = bars['close'].ewm(span=9).mean()\n"
        "        rows = pd.concat([rows, row.to_frame().T])\n"
        "        past.append(row['close'])\n"
        "        level = np.mean(past)\n"
        "    for i in range(50, len(bars)):\n"
        "        top = bars['high'].iloc[:i].max()\n"
        "        near = bars['high'].iloc[i - 20:i].max()\n"
        "    for name in ('a', 'b'):\n"
        "        other = bars['close'].rolling(5).mean()\n"
        "    rule = (bars['volume'] > 250000) & (bars['close'] > 30.5) & (bars.index.hour >= 8) & (move > 0.01)\n"
        "    bars['enter_long'] = rule & (zscore(bars['volume'], 96) > 1.5)\n"
        "    return bars\n"
    ),
}  # fmt: skip


def odd():
    return read(ODD, target="main:signals", params="main:P")


def test_what_is_slow_in_a_loop_over_bars() -> None:
    rows = odd().to_json()["performance"]
    found = {(row["kind"], row["text"].split("(")[0]) for row in rows}
    assert found == {
        ("iterrows", "bars.iterrows"),
        ("repeated_indicator", "zscore"),
        ("repeated_indicator", "bars['close'].ewm"),
        ("growing_frame", "pd.concat"),
        ("growing_list", "past.append"),
        ("growing_slice", "bars['high'].iloc[:i]"),
    }
    assert all(row["remedy"] and row["cost"] for row in rows)


def test_numbers_get_a_unit_from_their_other_side() -> None:
    units = {row["value"]: row["unit"] for row in odd().to_json()["magic_numbers"]}
    assert units[250000] == "an amount, in coins or contracts"
    assert units[30.5] == "a price, in the quote currency"
    assert units[8].startswith("an hour")
    assert units[0.01].startswith("a change")
    assert 1.5 in units


def test_excepts_copies_settings_variables_and_packages() -> None:
    sections = odd().to_json()
    assert [(row["catches"], row["hides"]) for row in sections["broad_excepts"]] == [
        ("Exception", True),
        ("Exception", False),
    ]
    (pair,) = sections["duplicates"]
    assert [f["name"] for f in pair["functions"]] == ["zscore", "again"]
    assert {row["name"]: bool(row["readers"]) for row in sections["settings"]} == {
        "P.length": True,
        "P.idle": False,
    }
    variables = {row["name"]: (row["read"], bool(row["set"])) for row in sections["environment"]}
    assert variables == {"KEY": (True, False), "UNUSED": (False, True)}
    assert {row["name"] for row in sections["imports"]} == {"talib", "numpy", "pandas"}


def test_the_text_names_every_oddity() -> None:
    said = architecture_text(odd())
    for words in ("Settings that nobody reads (1)", "Environment set, never read (1)", "Excepts that hide failures (1)",
                  "Slow in a loop over bars (6)", "The same code twice (1)", "if main.py:", "Packages from outside (3)"):  # fmt: skip
        assert words in said


def test_settings_of_a_data_file_and_who_reads_them() -> None:
    sources = {
        "bot.py": 'import json\n\nCONFIG = json.load(open("config.json"))\n\n\ndef signals(df):\n    return df * CONFIG["length"]\n'
    }
    files = {"config.json": '{\n  "length": 20,\n  "floor": 1e6\n}\n', "other.json": '{"length": 3}\n'}
    tree = SourceTree.from_files(sources)
    arch = analyze_architecture(tree, target="bot:signals", params=None, columns=[], other_files=files)
    rows = [r for r in arch.to_json()["settings"] if r["file"].endswith(".json")]
    assert [(r["name"], r["line"], r["default"], [p["line"] for p in r["readers"]]) for r in rows] == [
        ("config.json.length", 2, "20", [7]),
        ("config.json.floor", 3, "1e6", []),
    ]
