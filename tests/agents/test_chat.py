"""A chat: plain words act, anything less is asked back, and a model's words are checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.chat import Chat, ChatError
from agents.chat_intents import INTENTS
from agents.chat_room import Room
from agents.model import ModelError
from agents.scripted import ScriptedModel
from memory.cycles import Cycles
from memory.goals import Goals

PATCH, FREE = "3f9a0c11d2", "77be01aa9c"
MUTE = ModelError("mute; speak up")


@pytest.fixture
def room(held_out: Callable[[str], Path]) -> Room:
    """A system with two patches that await approval; the first raises exposure."""
    folder = held_out("score_card")
    (folder / "data").mkdir()
    for symbol in ("TONUSDT", "ETHUSDT"):
        (folder / "data" / f"{symbol}-5m.parquet").touch()
    room = Room(folder)
    with room.desk() as desk:
        Cycles(desk.store).start("c1")
        for identity, consent in ((PATCH, ["trades 10 -> 30"]), (FREE, [])):
            document = {
                "id": identity,
                "kind": "fix",
                "status": "awaiting_approval",
                "digest": "d",
                "files": ["a.py"],
            }
            document |= {
                "base": "b",
                "bundle": "c",
                "diff": "-1\n+2",
                "rationale": "why not",
                "consent": consent,
                "gates": [],
            }
            desk.patches.save(document, "c1")
        desk.learnings.add("Turnover floors starve small coins.", "lesson", "c1")
    return room


def status_of(room: Room, patch: str) -> str:
    return str(room.patch(patch)["status"])


def test_the_shape_of_a_turn(room: Room) -> None:
    turn = Chat(room).turn("status")
    assert set(turn) == {"intent", "arguments", "reply", "acted", "claims"}
    assert turn["claims"] == {"checked": 0, "struck": 0} and turn["acted"] is False
    assert PATCH in turn["reply"]


def test_goals_pausing_and_looking(room: Room) -> None:
    chat = Chat(room)
    made = chat.turn("make TON trade")
    assert made["acted"] and "TONUSDT" in made["reply"]
    with room.desk() as desk:
        (goal,) = Goals(desk.store).list("active")
    assert goal["id"] in chat.turn("list goals")["reply"]
    assert chat.turn("pause")["acted"] and "paused" in chat.turn("status")["reply"]
    with room.desk() as desk:
        assert desk.store.setting("loop.paused") is True
    chat.turn("resume")
    with room.desk() as desk:
        assert desk.store.setting("loop.paused") is False
    assert chat.turn("drop the TON goal")["acted"]
    assert chat.turn("show patches")["reply"].count("awaiting_approval") == 2
    assert "-1\n+2" in chat.turn(f"show patch {PATCH}")["reply"]
    assert "newest stretch" in chat.turn("explain the vault")["reply"]
    assert "Turnover floors" in chat.turn("what have you learned?")["reply"]
    assert "Nothing of yours" in chat.turn("what changed?")["reply"]


def test_approval_takes_the_whole_id_and_the_exposure(room: Room) -> None:
    chat = Chat(room)
    for text in (
        f"approve {PATCH[:5]} with exposure",
        f"approve {PATCH}",
        f"don't approve {PATCH}",
        "approve it",
        f"approve {PATCH}, {FREE}",
    ):
        turn = chat.turn(text)
        assert (turn["intent"], turn["acted"]) == ("ask_back", False), text
    assert status_of(room, PATCH) == status_of(room, FREE) == "awaiting_approval"
    dry = chat.turn(f"approve {PATCH} with exposure", dry_run=True)
    assert (dry["intent"], dry["arguments"], dry["acted"]) == (
        "approve_patch",
        {"patch": PATCH, "exposure": True},
        False,
    )
    assert status_of(room, PATCH) == "awaiting_approval"
    assert chat.turn(f"reject {FREE}")["acted"] and status_of(room, FREE) == "rejected"


def test_what_a_tool_refuses_is_the_reply(room: Room) -> None:
    turn = Chat(room).turn("approve abc123 with exposure")
    assert (turn["intent"], turn["acted"]) == ("approve_patch", False) and "not known" in turn["reply"]
    assert "does not stand applied" in Chat(room).turn(f"roll back {PATCH}")["reply"]
    assert "be nice" in Chat(room).turn("goal: be nice")["reply"]


def test_a_dry_run_can_tell_every_intent(room: Room) -> None:
    from tests.agents.chat_utterances import part

    seen = set()
    for _, text, _ in part(held_out=False):
        turn = Chat(room).turn(text, dry_run=True)
        seen.add(turn["intent"])
        assert turn["acted"] is False and turn["reply"]
    assert seen == set(INTENTS)
    with room.desk() as desk:
        assert not Goals(desk.store).list() and desk.store.setting("loop.paused") is None


@pytest.mark.parametrize("text", ["", "   ", "x" * 5000])
def test_no_words_or_too_many(room: Room, text: str) -> None:
    with pytest.raises(ChatError):
        Chat(room).turn(text)


# -- with a model ---------------------------------------------------------------------------------------
def chat_with(room: Room, intent: Any, reply: Any = MUTE) -> tuple[Chat, list[str]]:
    notes: list[str] = []
    return Chat(room, ScriptedModel({"chat.intent": [intent], "chat.reply": [reply]}), notes.append), notes


def test_a_model_understands_what_the_grammar_does_not(room: Room) -> None:
    chat, _ = chat_with(room, {"intent": "status"}, "There are 2 patches in 7 files; see ghost.py.")
    shown: list[str] = []
    turn = chat.turn("yo, whassup with my stuff", show=shown.append)
    assert turn["intent"] == "status" and turn["claims"] == {"checked": 3, "struck": 2}
    assert turn["reply"] == "There are 2 patches in ~~7~~ files; see ~~ghost.py~~." == "".join(shown)


@pytest.mark.parametrize("intent", ["approve_patch", "rollback_patch", "reject_patch", "run_cycle"])
def test_a_model_cannot_turn_words_into_a_command(room: Room, intent: str) -> None:
    chat, _ = chat_with(room, {"intent": intent})
    turn = chat.turn(f"that {PATCH} thing sounds lovely, make it so with exposure")
    assert (turn["intent"], turn["acted"]) == ("ask_back", False)
    assert status_of(room, PATCH) == "awaiting_approval"


def test_a_no_is_not_even_shown_to_the_model(room: Room) -> None:
    chat, _ = chat_with(room, {"intent": "status"})
    assert chat.turn(f"don't approve {PATCH}")["intent"] == "ask_back"
    assert chat.model is not None and not chat.model.asked  # type: ignore[attr-defined]


def test_ids_and_symbols_are_the_grammars(room: Room) -> None:
    chat, notes = chat_with(room, {"intent": "why_silent", "symbol": "ETHUSDT"})
    assert chat.turn("ton, silent, hm?", dry_run=True)["arguments"] == {"symbol": "TONUSDT"}
    chat, notes = chat_with(room, {"intent": "why_silent", "symbol": "DOGEUSDT"})
    assert (
        chat.turn("the dog, silent, hm?", dry_run=True)["intent"] == "ask_back"
        and "without symbol" in notes[0]
    )


@pytest.mark.parametrize("bad", [ModelError("down; start it"), {"intent": "sell_everything"}, "hm"])
def test_a_model_that_fails_leaves_the_grammar_and_the_tools_words(room: Room, bad: Any) -> None:
    chat, notes = chat_with(room, bad)
    turn = chat.turn("status")
    assert turn["intent"] == "status" and PATCH in turn["reply"] and len(notes) == 2
