"""Lines from another hand: how often they are understood, and that nothing acts which was not asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.chat import Chat
from agents.chat_grammar import understand
from agents.chat_intents import DANGEROUS, INTENTS, Known
from agents.chat_room import Room
from memory.cycles import Cycles
from tests.agents.chat_slang import NOTHING_ASKED, SAID

WAITING, APPLIED, GOAL = "3f2ab91c04", "77be01aa9c", "e4a9190a"
MARKETS = ("BTCUSDT", "DOGEUSDT", "ETHUSDT", "NEARUSDT", "SOLUSDT", "TONUSDT", "XRPUSDT")
KNOWN = Known(MARKETS, (APPLIED, WAITING), {GOAL: "make TON trade"})
ACTING = DANGEROUS | {"pause", "resume", "drop_goal", "set_goal", "test_idea"}


def said(line: str) -> str:
    names = {"{W4}": WAITING[:4], "{W}": WAITING, "{A}": APPLIED, "{G}": GOAL}
    for name, value in names.items():
        line = line.replace(name, value)
    return line


def misread(held_out: bool) -> tuple[int, int, list[str]]:
    lines = [(i, said(t)) for i, all_of in SAID.items() for t in all_of[held_out::2]]
    found = [(i, t, understand(t, KNOWN)) for i, t in lines]
    wrong = [f"{i}: {t!r} -> {p.intent} {p.arguments}" for i, t, p in found if p.intent != i]
    return len(lines) - len(wrong), len(lines), wrong


@pytest.mark.parametrize(
    ("held_out", "least"),
    [(False, 0.97), (True, 0.85)],  # 83 -> 100 of 101 fitted to; 69 -> 78 of 88 held out
)
def test_most_lines_are_understood(held_out: bool, least: float) -> None:
    good, n, wrong = misread(held_out)
    assert set(SAID) == set(INTENTS) and n >= 80
    assert good / n >= least, "\n".join(wrong)


def test_a_line_that_is_misread_never_acts() -> None:
    for intent, lines in SAID.items():
        for line in lines:
            found = understand(said(line), KNOWN)
            assert found.intent == intent or found.intent not in ACTING, line


@pytest.mark.parametrize("line", NOTHING_ASKED)
def test_what_was_not_asked_for_is_not_done(line: str) -> None:
    found = understand(said(line), KNOWN)
    assert found.intent not in ACTING, (found.intent, found.arguments)


def test_the_newest_patch_is_shown_and_never_decided_on_by_that_name() -> None:
    shown = understand("show me the last patch", KNOWN)
    assert (shown.intent, shown.arguments) == ("show_patch", {"patch": WAITING})
    for verb in ("approve", "reject", "roll back"):
        back = understand(f"{verb} the last patch", KNOWN)
        assert back.intent == "ask_back" and f"{verb} {WAITING}" in back.arguments["question"]


def test_an_id_of_digits_is_an_id() -> None:
    known = Known(MARKETS, ("53312b2cba", "1234567890"), {})
    for line, patch in (
        ("what would 5331 change", "53312b2cba"),
        ("show patch 1234", "1234567890"),
        ("tell me about 5331", "53312b2cba"),
    ):
        found = understand(line, known)
        assert (found.intent, found.arguments) == ("show_patch", {"patch": patch}), line


def test_quotation_marks_keep_a_command_from_acting() -> None:
    for line in (
        f'"approve {WAITING}"',
        f"\u201creject {WAITING}\u201d",
        f"'roll back {APPLIED}'",
        f"`approve {WAITING}`",
    ):
        assert understand(line, KNOWN).intent == "ask_back"


def test_a_cycle_is_run_by_the_room_and_its_report_is_named(held_out: Callable[[str], Path]) -> None:
    """What is done with a cycle is the caller's: the chat says what came of it."""
    seen: list[dict[str, object]] = []

    def evolve(options: dict[str, object]) -> dict[str, object]:
        seen.append(options)
        lists: dict[str, list[object]] = {name: [] for name in ("findings", "hypotheses", "patches", "goals")}
        return {"cycle": "c9", "seconds": 1.0, "report": "reports/c9.html", **lists}

    folder = held_out("score_card")
    room = Room(folder, evolve=evolve)
    with room.desk() as desk:
        Cycles(desk.store).start("c1")
    assert Chat(room).turn("run a cycle", dry_run=True)["acted"] is False and not seen
    turn = Chat(room).turn("run a cycle")
    assert turn["acted"] and seen == [{"yes_fixes": False}]
    assert "Report: reports/c9.html" in turn["reply"] and "Nothing to change" in turn["reply"]
