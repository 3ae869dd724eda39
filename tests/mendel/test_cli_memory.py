"""``mendel memory`` as a person uses it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mendel.cli import app

TOML = '[strategy]\nkind = "signals"\ntarget = "strategy:signals"\n[data]\npath = "data/*.csv"\n'
FADE, QUIET = "Volume spikes fade within an hour", "Quiet coins never pass a fixed volume floor"


class Shell:
    """Runs ``mendel memory`` on one system, with the embedder that needs no model."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "mendel.toml").write_text(TOML)
        (folder / "strategy.py").write_text("def signals(bars): return bars\n")
        self.folder = folder
        self.ok("rebuild", "--embedder", "hashing")

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(app, ["memory", *words, "--system", str(self.folder)])

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def refused(self, *words: str) -> str:
        done = self.run(*words, "--json")
        assert done.exit_code == 2, done.output
        line: str = done.stderr.strip()
        assert "\n" not in line and json.loads(done.stdout) == {"error": line}
        return line


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "bot")


def test_add_search_show_forget(shell: Shell) -> None:
    kept = shell.json(
        "add",
        FADE,
        "--kind",
        "principle",
        "--symbol",
        "ETHUSDT",
        "--effect",
        "-4",
        "--unit",
        "bps",
        "--n",
        "40",
        "--outcome",
        "2025-03-01",
    )
    shell.ok("add", QUIET, "--symbol", "TON", "--negative")
    assert kept["new"] and not shell.json("add", FADE.upper(), "--symbol", "ethusdt")["new"]
    results = shell.json("search", "do volume spikes fade")["results"]
    assert (
        results[0]["id"] == kept["id"]
        and results[0]["text"] == FADE
        and results[0]["score"] > results[1]["score"]
    )
    assert [r["text"] for r in shell.json("search", "volume", "--symbol", "TONUSDT")["results"]] == [QUIET]
    assert [r["text"] for r in shell.json("search", "volume", "--kind", "principle")["results"]] == [FADE]
    assert [r["text"] for r in shell.json("search", "volume", "--negative")["results"]] == [QUIET]
    assert [r["text"] for r in shell.json("search", "volume", "--as-of", "2025-03-01")["results"]] == [FADE]
    assert shell.json("search", "volume", "--as-of", "2025-02-28")["results"] == []
    assert len(shell.json("search", "volume", "--limit", "1")["results"]) == 1
    assert "-4 bps, n=40" in shell.ok("list") and "did not hold" in shell.ok("search", "quiet coins")
    assert "2025-03-01T23:59" in shell.ok("show", kept["id"][:5])
    assert "no search finds it, its row stays" in shell.ok("forget", kept["id"])
    assert [r["text"] for r in shell.json("search", "volume spikes")["results"]] == [QUIET]
    assert shell.json("show", kept["id"])["forgotten"] and shell.json("list")["total"] == 1


def test_export_and_import(shell: Shell, tmp_path: Path) -> None:
    for text in (FADE, QUIET):
        shell.ok("add", text)
    assert "2 lessons in" in shell.ok("export", str(tmp_path / "out.jsonl"))
    assert [json.loads(line)["text"] for line in shell.ok("export").splitlines()] == [FADE, QUIET]
    other = Shell(tmp_path / "other")
    assert other.json("import", str(tmp_path / "out.jsonl"))["new"] == 2
    assert other.ok("import", str(tmp_path / "out.jsonl")) == "0 new lessons, 2 known already\n"
    assert other.json("search", FADE)["results"][0]["text"] == FADE


def test_a_bad_file_leaves_nothing(shell: Shell, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "a", "text": "good"}\n{"id": "b"}\n')
    assert "bad.jsonl: line 2: a lesson needs words" in shell.refused("import", str(bad))
    assert "none.jsonl: No such file" in shell.refused("import", str(tmp_path / "none.jsonl"))
    assert shell.json("list")["lessons"] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "  "), "a lesson needs words"),
        (("add", "x", "--kind", "Two words"), "is no name"),
        (("add", "x", "--outcome", "soon"), "outcome 'soon' is no date"),
        (("add", "x", "--contradicts", "zz"), "learning 'zz' is not known; see: mendel memory list"),
        (("search", " "), "nothing to look for"),
        (("search", "x", "--as-of", "2025-13-01"), "is no date; write it as 2025-01-31"),
        (("show", "zz"), "is not known"),
        (("forget", ""), "is not known"),
        (("rebuild", "--embedder", "magic"), "one of minilm, endpoint, hashing"),
        (("rebuild", "--embedder", "endpoint"), "needs --base-url and --model"),
        (("rebuild", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"), "start the server"),
    ],
)
def test_bad_input_is_told_in_one_line_and_nothing_is_lost(
    shell: Shell, words: tuple[str, ...], told: str
) -> None:
    shell.ok("add", FADE)
    assert told in shell.refused(*words)
    assert [row["text"] for row in shell.json("list")["lessons"]] == [FADE]
    assert shell.json("search", FADE)["embedder"] == "hashing-512"


def test_text_cannot_steer_the_terminal(shell: Shell) -> None:
    shell.ok("add", "red \x1b[31malert\r\nsecond line")
    assert shell.ok("list").endswith("red \\x1b[31malert  second line\n")


def test_no_lessons_yet(shell: Shell) -> None:
    assert "mendel memory add" in shell.ok("list") and "mendel memory list" in shell.ok("search", "x")
    assert shell.json("rebuild") == {"vectors": 0, "indexed": 0, "embedder": "hashing-512"}
