"""The grammar: how often it is right on lines it was not fitted to, and what it must never do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.chat_grammar import named, understand
from agents.chat_intents import ARGUMENTS, DANGEROUS, INTENTS, ArgumentError, Known, checked
from agents.chat_words import plain
from tests.agents.chat_utterances import GOALS, MARKETS, PATCHES, part

KNOWN = Known(tuple(MARKETS), tuple(PATCHES), dict.fromkeys(GOALS, "make TON trade"))
ID, OTHER = PATCHES


def right(held_out: bool) -> tuple[int, int, list[str]]:
    lines = part(held_out=held_out)
    wrong = []
    for intent, text, arguments in lines:
        found = understand(text, KNOWN)
        if found.intent != intent or any(found.arguments.get(k) != v for k, v in arguments.items()):
            wrong.append(f"{intent}: {text!r} -> {found.intent} {found.arguments}")
    return len(lines) - len(wrong), len(lines), wrong


def test_lines_that_it_was_fitted_to() -> None:
    good, n, wrong = right(held_out=False)
    assert n >= 120 and good / n >= 0.98, "\n".join(wrong)


def test_lines_that_were_held_out() -> None:
    """Measured when it was written: 130 of 136, intent and arguments."""
    good, n, wrong = right(held_out=True)
    assert n >= 120 and good / n >= 0.93, "\n".join(wrong)


def test_every_intent_is_said_in_both_halves() -> None:
    for held_out in (True, False):
        assert {intent for intent, _, _ in part(held_out=held_out)} == set(INTENTS)


def test_a_wrong_guess_never_changes_files() -> None:
    """What is not meant as a command is never taken for one, in either half."""
    for held_out in (True, False):
        for intent, text, _ in part(held_out=held_out):
            found = understand(text, KNOWN)
            assert found.intent == intent or found.intent not in DANGEROUS, text


NOS = ["don't", "do not", "never", "please don't", "dont", "I would not", "you must not", "not yet:", "wait,", "no,", "stop,",
       "I won't", "cannot", "let's not", "hold off:", "if it passes,", "why not", "who said", "he wrote:", "maybe", "tomorrow"]  # fmt: skip
TAILS = [
    "",
    " yet",
    " please",
    " with exposure",
    "?",
    " or not",
    " and reject it",
    " later",
    " unless it fails",
    ", no wait",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(NOS),
    st.sampled_from(["approve", "apply", "accept", "aprove", "ship", "merge"]),
    st.sampled_from(TAILS),
)
def test_nothing_with_a_doubt_in_front_approves(no: str, verb: str, tail: str) -> None:
    assert understand(f"{no} {verb} {ID}{tail}", KNOWN).intent != "approve_patch"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_understood_or_asked_back(text: str) -> None:
    found = understand(text, KNOWN)
    assert found.intent in INTENTS
    assert checked(found.intent, found.arguments).arguments == {
        k: v for k, v in found.arguments.items() if v != ""
    }
    assert found.intent not in ("approve_patch", "rollback_patch", "reject_patch")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz ,.!?'-", max_size=30))
def test_words_around_an_approval_do_not_slip_in(words: str) -> None:
    """A line with anything but politeness around the command is not the command."""
    found = understand(f"{words} xyzzy approve {ID}", KNOWN)
    assert found.intent != "approve_patch"


@pytest.mark.parametrize(
    "text", [f"approve {ID} {OTHER}", "approve", "approve the patch", "approve all", f"approve {ID}, {OTHER}"]
)
def test_an_approval_names_one_patch(text: str) -> None:
    assert understand(text, KNOWN).intent == "ask_back"


def test_a_start_of_an_id_is_made_whole_and_the_question_says_so() -> None:
    assert understand("show patch 3f9a", KNOWN).arguments == {"patch": ID}
    assert (
        OTHER in understand(f"approve {ID} and {OTHER}", KNOWN).arguments["question"]
        or ID in understand(f"approve {ID} and {OTHER}", KNOWN).arguments["question"]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("does CVD lead ETH by 15 minutes?", {"symbol": "ETHUSDT", "horizon": "15m"}),
        ("over the next hour on sol/usdt", {"symbol": "SOLUSDT", "horizon": "1h"}),
        ("link these two things", {}),
        ("LINK in 2 days", {"symbol": "LINKUSDT", "horizon": "2d"}),
        (f"look at {ID}", {"patch": ID}),
        ("forget a1b2c3d4", {"goal": "a1b2c3d4"}),
    ],
)
def test_what_is_named(text: str, expected: dict[str, str]) -> None:
    assert named(text, KNOWN) == expected


def test_slips_are_mended_towards_commands_alone() -> None:
    assert plain("Plaese shwo me teh patchse!") == "show me teh patches"
    for word in ("trace", "charge", "text", "last", "hello", "lose", "traders"):
        assert plain(word) == word


def test_arguments_have_types() -> None:
    with pytest.raises(ArgumentError, match="without symbol"):
        checked("why_silent", {"symbol": "  "})
    with pytest.raises(ArgumentError, match="no bool"):
        checked("approve_patch", {"patch": ID, "exposure": "yes"})
    with pytest.raises(ArgumentError, match="is no intent"):
        checked("sell_everything", {})
    assert checked("status", {"made": "up"}).arguments == {}
    assert set(ARGUMENTS) <= set(INTENTS)
