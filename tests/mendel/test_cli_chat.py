"""``mendel chat`` and ``mendel goal`` as a person runs them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_kit import COMMAND, Done, mendel


@pytest.fixture
def folder(held_out: Callable[[str], Path]) -> Path:
    path = held_out("score_card")
    (path / "data").mkdir()
    (path / "data" / "TONUSDT-5m.parquet").touch()
    return path


def run(folder: Path, *arguments: str, typed: str = "") -> Done:
    return mendel(*arguments, "--system", folder, typed=typed)


def document(done: Done) -> dict[str, Any]:
    assert done.code == 0, done.err
    found: dict[str, Any] = done.document
    return found


def test_one_turn_is_one_document(folder: Path) -> None:
    turn = document(run(folder, "chat", "--once", "why is ton silent?", "--json", "--dry-run"))
    assert (turn["intent"], turn["arguments"], turn["acted"]) == ("why_silent", {"symbol": "TONUSDT"}, False)
    assert set(turn) == {"intent", "arguments", "reply", "acted", "claims"}


def test_goals_by_command_and_by_chat_are_the_same(folder: Path) -> None:
    goal = document(run(folder, "goal", "add", "make TON trade", "--json"))
    assert goal["symbols"] == ["TONUSDT"] and goal["status"] == "active"
    assert goal["id"] in document(run(folder, "chat", "--once", "list goals", "--json"))["reply"]
    dropped = document(run(folder, "chat", "--once", f"drop goal {goal['id']}", "--json"))
    assert dropped["acted"] is True
    assert document(run(folder, "goal", "list", "--json")) == {"goals": []}
    assert document(run(folder, "goal", "list", "--all", "--json"))["goals"][0]["status"] == "dropped"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["goal", "add", ""], "the goal is empty"),
        (["goal", "add", "make FOOUSDT trade"], "FOOUSDT is not in the data"),
        (["goal", "drop", "zz"], "goal 'zz' is not known"),
        (["chat", "--once", " "], "nothing was said"),
    ],
)
def test_bad_input_gets_one_line(folder: Path, arguments: list[str], words: str) -> None:
    done = run(folder, *arguments)
    assert done.code == 2 and words in done.err and len(done.err.strip().splitlines()) == 1


def test_lines_from_a_pipe_are_turns(folder: Path) -> None:
    done = run(folder, "chat", typed="help\n\npause\nstatus\nexit\nresume\n")
    assert done.code == 0 and "The loop is paused" in done.out and "goes on" not in done.out


def test_help_shows_examples(folder: Path) -> None:
    for command in (["chat"], ["goal", "add"]):
        done = mendel(*command, "--help")
        assert done.code == 0 and "Example" in done.out


def test_ctrl_c_ends_a_turn_and_twice_the_chat(folder: Path) -> None:
    """On a terminal of its own: the first Ctrl-C leaves the chat open, two in a row end it."""
    import pty

    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        [*COMMAND, "chat", "--system", str(folder)], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = ""

    def until(words: str, seconds: float = 60.0) -> None:
        nonlocal seen
        ends = time.monotonic() + seconds
        while words not in seen and time.monotonic() < ends:
            if select.select([ours], [], [], 0.2)[0]:
                seen += os.read(ours, 4096).decode()
        assert words in seen, seen
        seen = seen.partition(words)[2]

    def interrupt() -> None:
        """A signal that comes before the terminal waits for a key is only seen at the next key: press again then."""
        for _ in range(4):
            chat.send_signal(signal.SIGINT)
            try:
                return until("Ctrl-C again ends the chat", 5.0)
            except AssertionError:
                continue
        raise AssertionError("no interrupt was seen")

    try:
        until("you> ")
        interrupt()
        time.sleep(2.1)
        os.write(ours, b"status\n")
        until("Nothing was done yet")
        until("you> ")
        interrupt()
        until("you> ")
        time.sleep(0.3)
        chat.send_signal(signal.SIGINT)
        assert chat.wait(10) == 0
    finally:
        chat.kill()
        chat.wait()
        os.close(ours)
