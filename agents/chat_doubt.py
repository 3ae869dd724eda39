"""What keeps a line from acting: a question, a no, a condition or a doubt around a word that would change something.

Used for the acts that can be taken back (goals, the loop) and for a test, whose alpha cannot; the commands that change files have
a stricter reader of their own (see chat_danger).
"""

from __future__ import annotations

import re

from agents.chat_intents import Proposal, ask

#: What to say plainly, for each intent that acts on plain words.
PLAINLY = {
    "pause": "pause",
    "resume": "resume",
    "drop_goal": "drop goal ID",
    "set_goal": "goal: make TON trade",
    "test_idea": "test whether CVD divergence predicts reversals",
}
_ASKS = re.compile(
    r"^(?:should|shall|why|what|when|who|whose|did|does|do (?:i|you|we)|has|have|had|was|were|is|are|am|how|which|would|must|"
    r"can i|may i|could i|might)\b"
)
_REQUESTS = re.compile(
    r"^(?:(?:hey|hi|ok|okay|please|pls|mendel)[ ,]+)*(?:can|could|would|will) (?:you|we|u)\b"
)
_PERMISSION = re.compile(
    r"^(?:(?:hey|hi|ok|okay|please|pls|mendel)[ ,]+)*(?:can|may|could|should|shall|must) i\b"
)
_DOUBT = re.compile(
    r"\b(?:not|never|no|nah|nope|if|unless|maybe|perhaps|might|or|kidding|jk|lol|sure if|whether|wonder|already|yesterday)\b|"
    r"\b(?:do|does|did|is|was|would|should|could|ca|wo)n't\b"
)
_DISBELIEF = re.compile(r"\b(?:don't|do not|didn't|never) (?:think|believe|say|said|mean)\b|\bdoubt\b")
#: Questions that cannot be the claim itself: ``does X predict Y`` can.
_ABOUT_A_TEST = re.compile(
    r"^(?:should|shall|why|who|how|which|what|when (?:did|will|do|can)|did|have|has|was|were|would you)\b"
)


def held_back(proposal: Proposal, line: str, said: str) -> Proposal:
    """The proposal, or a question back where ``line`` (plain words) or ``said`` (small letters as typed) is no plain wish."""
    if _doubtful(proposal.intent, line, said):
        plainly = PLAINLY[proposal.intent]
        return ask(f"Nothing was done. If that is meant, say it plainly, for example: {plainly}", risky=True)
    return proposal


def _doubtful(intent: str, line: str, said: str) -> bool:
    if intent not in PLAINLY:
        return False
    if _PERMISSION.search(said):
        return True
    if intent == "test_idea":
        return bool(_ABOUT_A_TEST.search(line) or _DISBELIEF.search(line))
    if intent == "set_goal":  # a goal may hold a no: its constraint
        return bool(_ASKS.search(line)) and not _REQUESTS.search(said)
    wanted = re.sub(
        r"\b(?:until|till|when)\b.*|\b(?:don't|do not|no longer|not) (?:care|need|want|bother|interested)\b|"
        r"^(?:(?:don't|do not) (?:start|run|do|begin)|no) (?:any )?(?:more|further|new)\b",
        "",
        line,
    )
    return bool(_ASKS.search(line) or _DOUBT.search(wanted))
