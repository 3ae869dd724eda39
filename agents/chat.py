"""A chat about one system: a line is understood, done by a tool, and answered with the tool's result.

Without a model a small grammar understands and the tool's own words answer. A model may propose what was meant and word the
reply; the ids, symbols and spans of time are the grammar's, what would change files or take minutes is done on plain words
alone, and every number, file and symbol that a model writes is checked against the tool's result before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents.chat_acts import ACTS, WOULD
from agents.chat_grammar import named, understand
from agents.chat_intents import (
    ARGUMENTS,
    DANGEROUS,
    INTENTS,
    ArgumentError,
    Known,
    Proposal,
    ask,
    checked,
)
from agents.chat_room import Done, Room
from agents.claims import Known as KnownFacts
from agents.claims import check, sentences
from agents.model import Model, ModelError
from memory.errors import MemoryStoreError
from sandbox.host.interpreter import SandboxError
from tools.errors import MendelError

Show = Callable[[str], None]
_MOST_SAID = 2000
_REMEMBERED = 6


class ChatError(MendelError):
    """Nothing that could be understood was said."""


def _unseen(_: str) -> None:
    """Nobody watches the reply arrive."""


class Chat:
    """``note`` hears, one line each, where the model could not be used and the grammar or the tool's words stood in."""

    def __init__(self, room: Room, model: Model | None = None, note: Show = _unseen) -> None:
        self.room, self.model, self.note = room, model, note
        self._past: list[dict[str, str]] = []

    def turn(self, text: str, *, dry_run: bool = False, show: Show = _unseen) -> dict[str, Any]:
        """``{"intent", "arguments", "reply", "acted", "claims": {"checked", "struck"}}``; pieces of the reply go to ``show``.

        ``dry_run`` understands and does nothing. What a tool refuses is told as the reply. Raises ChatError for no words."""
        said = " ".join(text.split())
        if not said:
            raise ChatError('nothing was said; say what you want to know, for example "status"')
        if len(said) > _MOST_SAID:
            raise ChatError(f"{len(said)} letters are too many for one turn; say it in at most {_MOST_SAID}")
        known = self.room.known()
        proposal = self._careful(self._meant(said, known), said, known)
        done = self._done(proposal, dry_run)
        worded = self.model is not None and done.facts is not None and not dry_run
        reply, claims = self._worded(said, done, show) if worded else _plainly(done.reply, show)
        self._past = [*self._past, {"said": said, "reply": reply[:500]}][-_REMEMBERED:]
        return {
            "intent": proposal.intent,
            "arguments": proposal.arguments,
            "reply": reply,
            "acted": done.acted,
            "claims": claims,
        }

    # -- understanding ------------------------------------------------------------------------------
    def _meant(self, said: str, known: Known) -> Proposal:
        """The grammar's reading, or the model's where that may count."""
        plain = understand(said, known)
        if self.model is None or plain.risky or plain.intent in DANGEROUS:
            return plain
        from agents.chat_answers import Meant

        facts = {
            "intents": {i: sorted(ARGUMENTS.get(i, {})) for i in INTENTS},
            "markets": list(known.markets),
            "before": self._past,
        }
        try:
            meant = self.model.choose("chat", {"task": "intent", "said": said}, Meant, facts)
            if meant.intent in DANGEROUS:
                return ask(
                    "Nothing was done. If you want that, say it plainly, with the patch's id: approve ID, or: run a cycle."
                )
            mine = named(said, known)
            words = (
                {"text": said}
                if meant.intent in ("set_goal", "test_idea") and plain.intent != meant.intent
                else {}
            )
            theirs = {k: v for k, v in meant.model_dump().items() if k not in ("patch", "goal", "horizon")}
            symbol = {"symbol": None} if known.markets and theirs.get("symbol") not in known.markets else {}
            own = plain.arguments if plain.intent == meant.intent else {}
            return checked(meant.intent, {**theirs, **symbol, **words, **own, **mine})
        except (ModelError, ArgumentError) as error:
            self.note(f"the grammar understood this turn: {error}")
            return plain

    def _careful(self, proposal: Proposal, said: str, known: Known) -> Proposal:
        """A second look at what changes files: the whole id must have been said, and the exposure agreed to."""
        if proposal.intent not in DANGEROUS or "patch" not in proposal.arguments:
            return proposal
        patch = proposal.arguments["patch"]
        if patch not in known.patches:
            return proposal  # the tool says that it is not known
        verb = {"approve_patch": "approve", "reject_patch": "reject", "rollback_patch": "roll back"}[
            proposal.intent
        ]
        if patch not in said.lower():
            return ask(f"Do you mean patch {patch}? To be sure, say: {verb} {patch}")
        if proposal.intent == "approve_patch" and not proposal.arguments["exposure"]:
            consent = self.room.patch(patch).get("consent") or []
            if consent:
                return ask(
                    f"Patch {patch} raises exposure: {consent[0]}. If that is meant, say: approve {patch} with exposure"
                )
        return proposal

    # -- doing --------------------------------------------------------------------------------------
    def _done(self, proposal: Proposal, dry_run: bool) -> Done:
        intent, arguments = proposal.intent, proposal.arguments
        if intent == "ask_back":
            return Done(arguments["question"])
        if dry_run:
            yes = " and apply every fix that passes" if arguments.get("yes_fixes") else ""
            return Done(f"Dry run: would {WOULD[intent].format(**arguments)}{yes}. Nothing was done.")
        try:
            return ACTS[intent](self.room, arguments)
        except (MendelError, MemoryStoreError, SandboxError) as error:
            line = " ".join(str(error).split())
            return Done(f"{line[:1].upper()}{line[1:]}.")

    # -- answering ----------------------------------------------------------------------------------
    def _worded(self, said: str, done: Done, show: Show) -> tuple[str, dict[str, int]]:
        """The model's words, sentence by sentence, each checked before it is shown; the tool's own where the model fails."""
        assert self.model is not None
        facts = {"result": done.facts, "in_words": done.reply}
        held, parts, count, struck = KnownFacts(facts), [], 0, 0
        about: frozenset[tuple[str, str]] = frozenset()
        try:
            for sentence in sentences(self.model.say("chat", {"task": "reply", "said": said}, facts)):
                seen = check(sentence, held, about)
                about = seen.about
                count, struck = count + seen.checked, struck + len(seen.struck)
                parts.append(seen.text)
                show(seen.text)
        except ModelError as error:
            self.note(f"the tool's own words stand in: {error}")
            parts = [*parts, "\n"] if parts else []
            show("\n" * bool(parts) + done.reply)
            return "".join([*parts, done.reply]), {"checked": count, "struck": struck}
        if not "".join(parts).strip():
            return _plainly(done.reply, show)
        return "".join(parts).strip(), {"checked": count, "struck": struck}


def _plainly(reply: str, show: Show) -> tuple[str, dict[str, int]]:
    """A tool's own words: nothing of a model's to check."""
    for line in reply.splitlines(keepends=True):
        show(line)
    return reply, {"checked": 0, "struck": 0}
