"""From what was typed to plain words: small letters, no politeness, slips of the finger mended, ids and horizons found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

#: Words that commands are made of. A slip of one letter is mended towards them.
VOCABULARY = frozenset(
    {
        "about", "accept", "analyse", "another", "anything", "apply", "approval", "approve", "bundle", "cancel", "change",
        "changed", "changes", "check", "commands", "continue", "current", "cycle", "decline", "define", "delete", "details",
        "discard", "divergence", "drawdown", "evolve", "everything", "explain", "exposure", "failure", "failures", "fewer",
        "forget", "funding", "going", "goal", "goals", "halt", "help", "history", "hypothesis", "idea", "improve", "increase",
        "insights", "interest", "learned", "learnings", "ledger", "lesson", "lessons", "list", "losers", "losing", "memory",
        "modify", "patch", "patches", "pause", "pending", "please", "predict", "predicts", "progress", "raise", "recall",
        "reduce", "reject", "rejected", "remember", "remove", "resume", "reversal", "reversals", "revert", "rollback", "search",
        "sharpe", "should", "show", "signals", "silent", "status", "summary", "suspend", "symbol", "system", "test", "touch",
        "trade", "trades", "trading", "undo", "unpause", "validate", "vault", "volume", "waiting", "what", "when", "where",
        "which", "why",
    }
)  # fmt: skip
#: Real words that are one letter from one of those, and are meant as they stand.
_MEANT = frozenset(
    {
        "above", "aloud", "apple", "best", "cause", "caused", "chance", "chances", "charge", "charges", "charged", "coal",
        "coals", "doing", "ethereum", "fast", "goat", "grade", "held", "hello", "last", "least", "lessen", "lose", "loser",
        "lost", "past", "patched", "rest", "shout", "slow", "snow", "that", "them", "then", "there", "they", "this", "touch",
        "trace", "traced", "traces", "trader", "traders", "text", "volumes", "water", "wait", "want", "went", "west", "whale",
        "wheat", "whip", "whit", "who", "whom", "whose", "way", "hat", "chat", "rising", "tests", "tested", "ideas",
        "hypotheses", "predicted", "reverses", "reversed", "ledgers", "bundles", "symbols", "systems", "cycles", "approved",
        "approves", "applied", "accepted", "paused", "resumed", "reverted", "evolved", "checks", "checked", "changer",
        "closed", "close", "shows", "shown", "halts", "helps", "lists", "lift", "tasted", "shape", "sharp",
    }
)  # fmt: skip
_SORTED = sorted(VOCABULARY)
_LONGEST = max(map(len, VOCABULARY))
_POLITE = re.compile(
    r"^(?:(?:hey|hi|ok(?:ay)?|well|so|now|then|and|mendel|please|pls|kindly|just|"
    r"go ahead(?: and)?(?= \w)|let's(?= \w)|lets(?= \w)|let us|let me|i need you to|try to|can you|could you|would you|will you|can we|could we|may i|can i|i want you to|i would like you to|i'd like you to)\b[ ,:!]*)+"
)
#: How people write when they are in a hurry, and what it stands for.
_SHORT = {
    "whats": "what's", "hows": "how's", "wheres": "where's", "whens": "when's", "whos": "who's", "whys": "why's",
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't",
    "wont": "won't", "cant": "can't", "shouldnt": "shouldn't", "wouldnt": "wouldn't", "hasnt": "hasn't", "havent": "haven't",
    "im": "i'm", "ive": "i've", "youve": "you've", "weve": "we've", "youre": "you're", "id": "i'd", "thats": "that's",
    "u": "you", "ur": "your", "r": "are", "rn": "right now", "atm": "right now", "plz": "please", "thx": "thanks",
    "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to", "gotta": "have to", "dunno": "don't know",
    "cuz": "because", "wtf": "what", "wth": "what", "learnt": "learned", "un-pause": "unpause", "roll-back": "rollback",
    "ain't": "isn't", "aint": "isn't", "nothin": "nothing", "tho": "though", "tmrw": "tomorrow", "y": "why", "mem": "memory",
}  # fmt: skip
_THANKS = re.compile(r"[ ,]*\b(?:please|pls|thanks|thank you|mendel|for me|if you can)$")
_HEX = re.compile(r"\b[0-9a-f]{4,64}\b")
_HORIZON = re.compile(
    r"\b(?:(?P<n>\d{1,4})\s?-?(?P<unit>m|min|mins|minutes?|h|hrs?|hours?|d|days?)|(?P<word>next|an|one|a|the next)\s+(?P<one>hour|day))\b"
)


def plain(text: str) -> str:
    """One line of small letters without politeness, with straight quotes and mended words; "" for nothing."""
    line = " ".join(text.replace("\u2019", "'").replace("\u2018", "'").split()).lower().strip(" .!")
    line = re.sub(r"[\"“”`]", "", line)
    line = " ".join(_spelled_out(word) for word in line.split(" "))
    line = " ".join(_mended(word) for word in line.split(" "))
    bare = _THANKS.sub("", _POLITE.sub("", line)).strip(" .!,")
    return bare or line


def _spelled_out(word: str) -> str:
    core = word.strip(",.?!:;()")
    return word.replace(core, _SHORT[core]) if core in _SHORT else word


@lru_cache(maxsize=4096)
def _near(core: str) -> str | None:
    """The command word that a word is a slip away from, None where there is none."""
    return next((v for v in _SORTED if abs(len(v) - len(core)) <= 1 and _slip(core, v)), None)


def _mended(word: str) -> str:
    core = word.strip(",.?!:;()'")
    if len(core) < 2 or not core.isalpha() or core in VOCABULARY or core in _MEANT:
        return word
    best = _near(core) if len(core) <= _LONGEST + 1 else None
    return word if best is None else word.replace(core, best)


def _slip(word: str, meant: str) -> bool:
    """One slip apart: two letters swapped, one too many, one missing, or (in long words) one wrong. Short words are mended
    only where letters were swapped or one of a question word is missing."""
    if word == meant or abs(len(word) - len(meant)) > 1:
        return False
    if len(word) == len(meant):
        apart = [k for k, (a, b) in enumerate(zip(word, meant, strict=True)) if a != b]
        swapped = len(apart) == 2 and apart[1] == apart[0] + 1 and word[apart[0]] == meant[apart[1]]
        swapped = swapped and word[apart[1]] == meant[apart[0]]
        return (swapped and len(word) >= 4) or (len(apart) == 1 and len(word) >= 6 and apart[0] > 0)
    long, short = (word, meant) if len(word) > len(meant) else (meant, word)
    one = any(long[:k] + long[k + 1 :] == short for k in range(len(long)))
    plural = long == short + "s"
    return one and not plural and (len(meant) >= 5 or word == "wy") and long[0] == short[0]


def ids_in(line: str, known: Iterable[str]) -> list[str]:
    """Ids named in a line of small letters: known ones by themselves or by a start of at least four letters, and what looks
    like one (hexadecimal with a digit in it, or any after the word patch)."""
    names = list(known)
    found: list[str] = []
    for match in _HEX.finditer(line):
        word = match.group()
        fits = [name for name in names if name.startswith(word)]
        after_patch = re.search(r"\b(?:patch|fix|goal)\s+(?:#|no\.?\s+|number\s+)?$", line[: match.start()])
        looks = not word.isalpha() and (not word.isdigit() or bool(after_patch))
        if fits or looks or (after_patch and len(word) >= 6):
            found.append(word)
    return list(dict.fromkeys(found))


def full_id(word: str, known: Iterable[str]) -> str:
    """The one known id that starts so; else the word itself."""
    fits = [name for name in known if name.startswith(word)]
    return fits[0] if len(fits) == 1 else word


#: The newest of a row: patches are kept the oldest first.
NEWEST = re.compile(
    r"\b(?:the |that |your )?(?:last|latest|newest|most recent|recentest) (?:patch|fix|change|one|proposal|refactor\w*|enhancement|tuning)\b"
)
FIRST = re.compile(r"\b(?:the )?(?:first|oldest) (?:patch|fix|proposal)\b")


def patch_meant(line: str, patches: Sequence[str]) -> str | None:
    """The patch that is named by its place (the last, the first) and not by its id; None where none is."""
    if not patches or ids_in(line, patches):
        return None
    if NEWEST.search(line):
        return patches[-1]
    return patches[0] if FIRST.search(line) else None


def goal_named(line: str, goals: Mapping[str, str]) -> str | None:
    """The id of the one goal that is named by its id or by all the telling words of its target; None if none or several."""
    ids = [full_id(i, goals) for i in ids_in(line, goals)]
    if ids:
        return ids[0]
    words = set(re.findall(r"[a-z0-9]+", line)) - {
        "goal",
        "the",
        "drop",
        "forget",
        "about",
        "remove",
        "delete",
    }
    fits = [
        g
        for g, target in goals.items()
        if words & (set(re.findall(r"[a-z0-9]{3,}", target.lower())) - {"the", "make"})
    ]
    return fits[0] if len(fits) == 1 else None


def horizon_in(line: str) -> str | None:
    """A span of time as ``15m``, ``4h`` or ``1d``; None where none is named."""
    found = _HORIZON.search(line)
    if found is None:
        return None
    if found["one"]:
        return "1" + found["one"][0]
    return f"{int(found['n'])}{found['unit'][0]}"
