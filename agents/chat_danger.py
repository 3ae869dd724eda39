"""Commands that change the person's files, or take minutes: understood only where the whole line is such a command.

Everything else that holds one of their verbs (a no, a doubt, a condition, two ids, none, a quotation) is a question about the
patch, or is asked back. There is no reading between the lines here.
"""

from __future__ import annotations

import re

from agents.chat_intents import Known, Proposal, ask
from agents.chat_words import full_id, ids_in, patch_meant

_ID = r"(?P<id>[0-9a-f]{4,64})"
_LEAD = r"(?:(?:yes|ok|okay|sure|fine|go ahead|and|then|now|i|let's|lets|i want to|i would like to|i'd like to)[ ,:]+)*"
_THING = r"(?:(?:the|this|that)\s+)?(?:(?:patch|fix|change|refactor|refactoring|enhancement|tuning)\s+)?(?:#|no\.?\s+|number\s+)?"
_EXPOSURE = (
    r"(?P<exposure>[ ,]+(?:(?:and\s+)?with\s+(?:the\s+)?(?:more\s+|extra\s+|added\s+)?exposure|(?:with\s+)?(?:--)?yes[- ]exposure|"
    r"(?:and\s+)?i (?:agree to|accept|consent to) the (?:more\s+|extra\s+)?exposure|exposure included))?"
)
_END = r"(?:[ ,]+(?:now|then|please|thanks))*[ .!?]*$"
_APPROVE = re.compile(
    rf"^{_LEAD}(?:approve|accept|apply|ship|merge|sign off(?: on)?|greenlight|go ahead with|say yes to|yes to)\s+{_THING}{_ID}{_EXPOSURE}{_END}"
)
_REJECT = re.compile(
    rf"^{_LEAD}(?:reject|decline|refuse|discard|turn down|dismiss|veto|disapprove|say no to|no to|bin|trash|ditch|throw (?:away|out))\s+{_THING}{_ID}{_END}"
)
_BACK = re.compile(
    rf"^{_LEAD}(?:(?:roll back|rollback|undo|revert|back out|take back|unapply)\s+{_THING}{_ID}"
    rf"|(?:roll|take|back)\s+{_THING}{_ID.replace('<id>', '<other>')}\s+(?:back(?: out)?|out(?: again)?)){_END}"
)
_RUN = re.compile(
    rf"^{_LEAD}(?:(?:run|start|do|kick off|begin|launch|trigger|execute)\s+(?:a|an|another|one|one more|the next|the|yet another)?\s*"
    r"(?:new|full|more|fresh)?\s*(?:cycle|evolution|evolve|evolution cycle|round|pass|iteration)|evolve(?:\s+(?:the|my|this)\s+(?:system|strategy|code))?)"
    rf"(?P<yes>[ ,]+(?:with\s+)?--?yes[- ]fixes)?{_END}"
)
_STRICT = (("approve_patch", _APPROVE), ("reject_patch", _REJECT), ("rollback_patch", _BACK))

_VERBS: tuple[tuple[str, str], ...] = (
    ("approve", r"\b(?:approv(?:e|ing)|sign off|greenlight)\b|\b(?:accept|apply|ship|merge|deploy)\b(?=.*(?:\bpatch|\bfix|\bit\b|\bthem\b|\ball\b|\bevery(?:thing)?\b|#ID))"),
    ("reject", r"\b(?:reject|decline|discard|turn down|dismiss|veto|disapprove)\b|\brefuse\b|\b(?:bin|trash|ditch|throw (?:away|out)|get rid of)\b.*#ID"),
    ("roll back", r"\b(?:roll(?:ing)? (?:\S+ )?back|rollback|undo|revert(?:ing)?|back out|unapply)\b"),
    ("run a cycle", r"\b(?:run|start|do|kick off|begin|launch|trigger)\b.*\b(?:cycles?|evolution)\b|\bevolve\b"),
)  # fmt: skip
_NO = re.compile(
    r"\b(?:don'?t|do not|never|not|no|stop|wait|hold off|without|unless|if|before|after|later|tomorrow|until|cancel)\b"
)
_QUESTION = re.compile(
    r"^(?:should|shall|why|what|when|who|did|does|do i|has|have|is|are|was|were|how|which|would|may|must)\b"
)
#: Not a cycle that is wanted: the loop is to rest.
_NO_MORE = re.compile(
    r"^(?:don't|do not|no)\s+(?:start|run|do|begin)?\s*(?:any\s+)?(?:more|further|new)\s+(?:cycles|rounds)[ .!]*$"
)
_SAID = re.compile(r"^(?:show|list|see|open|explain|tell|describe|any|history)\b")


def dangerous(line: str, known: Known) -> Proposal | None:
    """The command in a plain line (see chat_words.plain); a question back where it holds one that is not plain; None where it
    holds none."""
    for intent, pattern in _STRICT:
        found = pattern.match(line)
        word = "" if found is None else found["id"] or found.groupdict().get("other") or ""
        if found is not None and _is_id(word, line, known):
            arguments: dict[str, object] = {"patch": full_id(word, known.patches)}
            if intent == "approve_patch":
                arguments["exposure"] = bool(found["exposure"])
            return Proposal(intent, arguments)
    run = _RUN.match(line)
    if run is not None:
        return Proposal("run_cycle", {"yes_fixes": bool(run["yes"])})
    return _mentioned(line, known)


def _is_id(word: str, line: str, known: Known) -> bool:
    """Not every word of the letters a to f is an id."""
    return word in ids_in(line, known.patches)


def _mentioned(line: str, known: Known) -> Proposal | None:
    ids = [i for i in ids_in(line, known.patches) if not any(g.startswith(i) for g in known.goals)]
    marked = line
    for one in ids:
        marked = marked.replace(one, "#ID")
    if not ids and (meant := patch_meant(line, known.patches)):
        ids = [meant]
    verb = next((name for name, words in _VERBS if re.search(words, marked)), None)
    if verb is None or _SAID.match(line) or _NO_MORE.match(line):
        return None
    if _QUESTION.match(line):
        if len(ids) == 1 and verb != "run a cycle":
            return Proposal("show_patch", {"patch": full_id(ids[0], known.patches)})
        return None
    return ask(_back(verb, ids, no=bool(_NO.search(line))), risky=True)


def _back(verb: str, ids: list[str], *, no: bool) -> str:
    """How to say plainly what may have been meant."""
    if verb == "run a cycle":
        return "Nothing was started. To start one, say: run a cycle. To stop the loop, say: pause."
    if not ids:
        return f"Which patch? Say it with its id: {verb} ID. To see them, say: show patches."
    if len(ids) > 1:
        return f"One patch at a time, so that nothing is mistaken. Say: {verb} {ids[0]}"
    if no:
        return f"Nothing was done with {ids[0]}; it waits as it is. To decide, say: approve {ids[0]}, or: reject {ids[0]}."
    return f"To be sure, say it alone: {verb} {ids[0]}"
