"""What can be said in a chat: the intents, and the arguments of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from tools.errors import MendelError

Intent = Literal[
    "status", "set_goal", "list_goals", "pause", "resume", "drop_goal", "why_silent", "failures", "test_idea", "run_cycle",
    "show_patches", "show_patch", "approve_patch", "reject_patch", "rollback_patch", "explain", "search_memory", "learned",
    "changes", "help", "ask_back",
]  # fmt: skip
INTENTS: tuple[str, ...] = get_args(Intent)
#: What each intent takes: name -> (type, whether it must be there).
ARGUMENTS: dict[str, dict[str, tuple[type, bool]]] = {
    "set_goal": {"text": (str, True)},
    "drop_goal": {"goal": (str, True)},
    "why_silent": {"symbol": (str, True)},
    "failures": {"symbol": (str, False)},
    "test_idea": {"text": (str, True), "symbol": (str, False), "horizon": (str, False)},
    "run_cycle": {"yes_fixes": (bool, True)},
    "show_patches": {"status": (str, False)},
    "show_patch": {"patch": (str, True)},
    "approve_patch": {"patch": (str, True), "exposure": (bool, True)},
    "reject_patch": {"patch": (str, True)},
    "rollback_patch": {"patch": (str, True)},
    "explain": {"topic": (str, True)},
    "search_memory": {"query": (str, True)},
    "ask_back": {"question": (str, True)},
}
#: These change the person's files or take minutes: they are done on plain words alone, never on a model's reading.
DANGEROUS = frozenset({"approve_patch", "reject_patch", "rollback_patch", "run_cycle"})


class ArgumentError(MendelError):
    """The arguments do not fit the intent."""


@dataclass(frozen=True)
class Proposal:
    """What was understood. ``risky`` says that the words held a command that must not be guessed at."""

    intent: str
    arguments: dict[str, Any] = field(default_factory=dict)
    risky: bool = False


@dataclass(frozen=True)
class Known:
    """What can be named: markets by full name, ids of patches and goals, and the goals' words by id."""

    markets: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    goals: Mapping[str, str] = field(default_factory=dict)


def ask(question: str, *, risky: bool = False) -> Proposal:
    """A question back."""
    return Proposal("ask_back", {"question": question}, risky)


def checked(intent: str, arguments: Mapping[str, Any]) -> Proposal:
    """A proposal whose arguments are of the intent's types, empty and unknown ones left out. Raises ArgumentError."""
    if intent not in INTENTS:
        raise ArgumentError(f"{intent!r} is no intent; one of {', '.join(INTENTS)}")
    kept: dict[str, Any] = {}
    for name, (kind, needed) in ARGUMENTS.get(intent, {}).items():
        value = arguments.get(name)
        if kind is bool and value is None:
            value = False
        if isinstance(value, str):
            value = " ".join(value.split())
        if value in (None, ""):
            if needed:
                raise ArgumentError(f"{intent} without {name}")
        elif not isinstance(value, kind):
            raise ArgumentError(f"{intent}: {name} = {value!r} is no {kind.__name__}")
        else:
            kept[name] = value
    return Proposal(intent, kept)
