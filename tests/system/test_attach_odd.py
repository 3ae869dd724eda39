"""Folders as people have them: odd names, odd files, odd layouts. Nothing of them is run here."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from attach_kit import SIGNALS, write

from tools.system.attach import AttachError, attach, prepare
from tools.system.candidates import Candidate
from tools.system.config import load_config
from tools.system.system import System

TRAP = "raise SystemExit('this was imported')\n"


@pytest.mark.parametrize(
    ("files", "root", "target"),
    [
        ({"my bot/trend.py": SIGNALS}, ".", "my bot.trend:signals"),
        ({"boty é/стратегия.py": SIGNALS}, ".", "boty é.стратегия:signals"),
        ({"bot /trend.py": SIGNALS}, ".", "bot .trend:signals"),
        ({"strategies-v2/01_trend.py": SIGNALS}, ".", "strategies-v2.01_trend:signals"),
        ({"s-2/a.py": "import b\n" + SIGNALS, "s-2/b.py": ""}, "s-2", "a:signals"),
        ({"v1.2/trend.py": SIGNALS}, "v1.2", "trend:signals"),
        ({"src/app/rules.py": SIGNALS}, "src", "app.rules:signals"),
        ({"src/__init__.py": "", "src/rules.py": SIGNALS}, ".", "src.rules:signals"),
        ({"src/lib.py": "", "bot.py": SIGNALS}, ".", "bot:signals"),
        ({"ns/inner/rules.py": "from ns.other import x\n" + SIGNALS, "ns/other/x.py": ""}, ".", "ns.inner.rules:signals"),
        ({"tools/rules.py": SIGNALS, "agents/a.py": ""}, ".", "tools.rules:signals"),
        ({"user_data/strategies/r.py": "from lib_x import y\n" + SIGNALS, "user_data/strategies/lib_x.py": ""}, "user_data/strategies", "r:signals"),
        ({"one/a.py": "from common import f\n" + SIGNALS, "one/common.py": "", "two/x.py": "", "two/common.py": ""}, "one", "a:signals"),
        ({"pkg/__init__.py": "", "pkg/a.py": "from .deep.b import f\n" + SIGNALS, "pkg/deep/b.py": "from ..c import g\n", "pkg/c.py": ""}, ".", "pkg.a:signals"),
    ],
)  # fmt: skip
def test_where_imports_start_and_what_the_strategy_is_called(
    tmp_path: Path, files: dict[str, str], root: str, target: str
) -> None:
    attach(write(tmp_path / "sys", files), yes=True)
    system = System.open(tmp_path / "sys")
    assert (system.config.system.root, system.config.strategy.target) == (root, target)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("broken.py", b"def (:\n", "SyntaxError"),
        ("binary.py", b"\x00\x01\x02\xff" * 50, "not UTF-8"),
        ("nul.py", b"x = 1\x00\n", "null bytes"),
        ("ansi.py", "name = 'Müller'\n".encode("cp1252"), "not UTF-8"),
        ("utf16.py", "x = 1\n".encode("utf-16"), "not UTF-8"),
        ("deep.py", b"x = " + b"(" * 5000 + b"1" + b")" * 5000, "parse"),
    ],
)
def test_files_that_do_not_parse_are_named_and_the_rest_attaches(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    report = attach(write(tmp_path, {"bot.py": SIGNALS, name: data, "empty.py": b"", "blank.py": b"\n\n"}))
    assert report.strategy.target == "bot:signals"
    assert [name] == list(report.detected.unreadable) and said in report.notes[0], report.notes


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + SIGNALS.replace("\n", "\r\n").encode(),
        SIGNALS.replace("\n", "\r").encode(),
        b"#!/usr/bin/python\n# -*- coding: utf-8 -*-\n" + SIGNALS.encode(),
        "# -*- coding: latin-1 -*-\nname = 'Müller'\n".encode("latin-1") + SIGNALS.encode(),
        "#!x\n# vim: set fileencoding=cp1252 :\nname = '€'\n".encode("cp1252") + SIGNALS.encode(),
        b"\f\n" + SIGNALS.replace("    ", "\t").encode(),
    ],
)
def test_line_ends_marks_and_codings(tmp_path: Path, data: bytes) -> None:
    report = attach(write(tmp_path, {"bot.py": data}))
    assert report.strategy.target == "bot:signals" and not report.detected.unreadable
    told = any("only be analysed and repaired once saved as UTF-8" in note for note in report.notes)
    assert told == (b"latin-1" in data or b"cp1252" in data)


def test_links_large_files_and_notebooks(tmp_path: Path) -> None:
    root = write(tmp_path / "sys", {"bot.py": SIGNALS, "nb.ipynb": "{}", "old/other.ipynb": "{}"})
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "gone.py").symlink_to("nowhere.py")
    (root / "made.py").write_text("X = 1\n" * 900_000)
    notes = attach(root).notes
    assert any("made.py: 5 MB of source is not carried" in note for note in notes), notes
    assert any("nb.ipynb and 1 more: notebooks are not read" in note for note in notes), notes
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(AttachError.__mro__[1], match="out: this symbolic link leads outside"):
        attach(root, force=True)


def test_a_file_stands_for_its_folder(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {"app/__init__.py": "", "app/a.py": SIGNALS, "app/b.py": SIGNALS, "n.ipynb": "{}", "x.txt": ""},
    )
    report = attach(root / "app/b.py")
    assert report.file == root / "mendel.toml" and report.strategy.target == "app.b:signals"
    for name, said in (("n.ipynb", "notebooks are not read"), ("x.txt", "is no Python file")):
        with pytest.raises(AttachError, match=said):
            attach(root / name)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no strategy found; write signals"),
        ({"a.py": "x = 1\n"}, "no strategy found; write signals"),
        ({"only.ipynb": "{}"}, r"no strategy found \(only.ipynb: notebooks are not read"),
        ({"a.py": "def signals(:\n"}, r"no strategy found \(a.py does not parse"),
    ],
)
def test_folders_without_a_strategy(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(AttachError, match=said):
        attach(write(tmp_path, files), yes=True)
    assert not (tmp_path / "mendel.toml").exists()


def test_classes_are_asked_for_signals(tmp_path: Path) -> None:
    body = "        bars['enter_long'] = 1\n        return bars\n"
    plain = f"class Trend:\n    def signals(self, bars):\n{body}"
    made = f"class Config:\n    pass\nclass Trend:\n    def __init__(self, config: Config):\n        pass\n    def generate(self, df):\n{body}"
    wants = f"class Trend:\n    def __init__(self, broker, risk):\n        pass\n    def signals(self, bars):\n{body}"
    child = f"class Base:\n    def signals(self, bars):\n{body}class Mine(Base):\n    def signals(self, bars):\n{body}"
    for name, text, target, params, doubt in (
        ("plain", plain, "a:Trend", None, ""),
        ("made", made, "a:Trend", "a:Config", ""),
        ("wants", wants, "a:Trend", None, "its __init__ wants broker, risk"),
        ("child", child, "a:Mine", None, ""),
    ):
        best = attach(write(tmp_path / name, {"a.py": TRAP + text}), yes=True).strategy
        assert (best.target, best.params) == (target, params) and doubt in best.doubt, name


def test_a_target_that_was_not_guessed(tmp_path: Path) -> None:
    root = write(tmp_path, {"lib/odd.py": "def think(x):\n    return x\nmade = think\n", "bot.py": SIGNALS})
    assert attach(root, target="lib.odd:think").strategy.target == "lib.odd:think"
    assert attach(root, target="odd:think", force=True).detected.source == "lib"
    assert (
        attach(root, target="lib.odd:made", force=True).notes[0].startswith("lib.odd:made: it is made when")
    )
    with pytest.raises(AttachError, match=r"did you mean bot:signals\?"):
        attach(root, target="bot:signal", force=True)
    assert load_config(root).strategy.target == "lib.odd:made"


def test_several_are_offered_to_whoever_can_choose(tmp_path: Path) -> None:
    root = write(tmp_path, {f"s{k}.py": SIGNALS for k in range(12)})
    offered: list[Candidate] = []

    def choose(candidates: Sequence[Candidate]) -> Candidate:
        offered.extend(candidates)
        return offered[3]

    assert prepare(root, choose=choose).candidates[0] is offered[3]
    assert len(offered) == 12
    with pytest.raises(AttachError, match=r"s0:signals, .* and 4 more could each be the strategy"):
        attach(root)


@pytest.mark.slow
def test_three_hundred_files_attach_in_time(tmp_path: Path) -> None:
    line = "    total = total * {k} + len(values) if values else total - {k}\n"
    for k in range(300):
        body = "".join(
            f"def work_{n}(values, total=0):\n{line.format(k=n) * 12}    return total\n\n" for n in range(12)
        )
        imports = (
            f"from lib.part{(k + 1) % 300 // 20}.file{(k + 1) % 300} import work_1\n" if k % 20 != 19 else ""
        )
        write(tmp_path, {f"lib/part{k // 20}/file{k}.py": imports + body})
    write(tmp_path, {"bot.py": "from lib.part0.file0 import work_0\n" + SIGNALS})
    started = (
        time.process_time()
    )  # the bar is 15 s by the clock; of our own time, since others may use the machine
    assert attach(tmp_path).strategy.target == "bot:signals"
    assert time.process_time() - started < 8.0


@pytest.mark.parametrize(
    ("more", "params"),
    [
        ("class Cfg:\n    fast: int = 3\n    slow: int = 9\n", "a:Cfg"),
        ("class Cfg:\n    fast: int\n    slow: int\nLIVE = Cfg(3, 9)\n", "a:LIVE"),
        (
            "class Cfg:\n    def __init__(self):\n        self.fast, self.slow = 3, 9\n        self.fast = self.slow = 1\n",
            "a:Cfg",
        ),
        ("class Cfg:\n    fast: int = 3\n", None),
        ("class Options:\n    fast = slow = 1\nopts = Options()\n", "a:opts"),
        ("P = {'fast': 3}\nPARAMS = {'fast': 3}\n", "a:PARAMS"),
    ],
)
def test_settings_are_found_by_what_is_read_of_them(tmp_path: Path, more: str, params: str | None) -> None:
    text = "def signals(bars, c):\n    bars['enter_long'] = bars.close.rolling(c.fast).mean() > bars.close.rolling(c.slow).mean()\n    return bars\n"
    best = attach(write(tmp_path, {"a.py": more + text}), yes=True).strategy
    assert best.params == params and bool(best.doubt) == (params is None)
