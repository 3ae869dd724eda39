"""Reads a claim in plain words: which parts of it are understood, and which are left over.

What is understood is cut out; a condition among what is left means that another question was asked, so it is not
answered. The grammar is small on purpose: a person sees the spec that came of the words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_OUTCOMES = {
    "reversal": r"(?:mean[ -]?)?revers\w*|mean[ -]?revert\w*|revert\w*|fad(?:e|es|ing)|turn\w*(?: ?points?| ?around)?|bounc\w*|pull ?-?backs?|snap ?-?backs?|retrac\w*|opposite (?:move|direction)|counter[ -]?moves?|returns? to|(?:drawn|pulled) (?:back )?to|attract\w*",
    "continuation": r"continu\w*|follow[ -]through|momentum|trend(?:s|ing)?(?: on)?|break ?-?outs?|squeezes?|exten(?:d|ds|sion|sions)|persist\w*|confirm\w*|more of the (?:same )?move|same direction",
    "up": r"ris(?:e|es|ing)|up|upside|bullish|higher|rall(?:y|ies)|gains?|pumps?|upward|go(?:es)? up",
    "down": r"fall(?:s|ing)?|drop(?:s|ping)?|down|downside|bearish|lower|declin\w*|sell[ -]?offs?|dumps?|downward|go(?:es)? down",
    "any": r"matters?|differ\w*|(?:is |are )?(?:better|special|different|stronger|best)|has an edge|have an edge|behave\w* differently|drift\w*",
}
_BARS = r"bars?|candles?"
_HORIZON = rf"(?:(?:with)?in|over|for|after|during)? ?(?:the )?(?:next |following )?(\d+|an?|one)[ -]?(minutes?|mins?|m|hours?|hrs?|h|days?|d|{_BARS})\b(?: later| ahead)?|(?:(?:with)?in|over|for|during) the (?:next |following )(minute|hour|day|bar|candle)"
_THRESHOLD = r"(?:of )?(?:above|over|more than|greater than|at least|>=?|≥|beyond|exceeding)? ?(\d+(?:\.\d+)?) ?(sd|sigmas?|σ|standard deviations?|std|x|×|times|fold|%|percent|bps?)(?![a-z0-9])(?: (?:the )?(?:usual|average|normal|mean)(?: volume)?)?"
_NEGATION = r"\b(?:not|never|no|cannot|can'?t|won'?t|don'?t|doesn'?t|isn'?t|aren'?t|fails? to|without)\b"
_CONDITION = r"\b(?:when(?:ever)?|if|only|during|while|unless|except|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|weekdays?|outside|given|under|above|below|before|after|against|versus|vs|because|and|or|but|in)\b"
_FILLER_TEXT = (
    "a an the of in on at to for by with and or is are be been will would can may do does that this these those it its "
    "predict predicts predicted predicting prediction predictive forecast forecasts precede precedes preceded lead leads "
    "leading signal signals signalling mean means mark marks follow follows followed cause causes produce produces give "
    "gives indicate indicates suggest suggests imply implies bring brings work works as into onto from usually often "
    "typically tend tends generally mostly strongly reliably there then price prices market markets crypto coin coins "
    "perp perps perpetual symbol i think believe claim that's we say hypothesis test testing whether check please "
    "strong sharp short quick next following soon later move moves moved moving direction candle candles bar bars more "
    "s effect effects any some all have has utc than being → ->"
)
_FILLER = frozenset(_FILLER_TEXT.split())
_MOVES = (
    (r"bullish|prices? (?:fall|goes down|moves? down|down|makes? (?:a )?(?:new |lower )*lows?)", "down"),
    (r"bearish|prices? (?:ris|goes up|moves? up|up|makes? (?:a )?(?:new |higher )*highs?)", "up"),
    (r"very low|negative|selling|sellers|below", "down"),
    (r"very high|elevated|positive|buying|buyers|above", "up"),
)
_MINUTES = {"m": 1, "h": 60, "d": 1440}


@dataclass
class Reading:
    """What was understood. ``bars`` is a horizon counted in bars; ``left`` what no rule understood, in order."""

    outcomes: tuple[str, ...] = ()
    horizon_minutes: int | None = None
    horizon_bars: int | None = None
    threshold: tuple[float, str] | None = None
    move: str = "both"
    negated: bool = False
    condition: bool = False
    hours: tuple[int, ...] = ()
    symbols: tuple[str, ...] = ()
    left: tuple[str, ...] = field(default=())


def plain(text: str) -> str:
    """Lower case, single spaces, plain hyphens and quotes, no punctuation at the end of words."""
    text = re.sub(r"[‐-―−]", "-", text.lower()).replace("’", "'").replace("_", " ")
    text = re.sub(r"[\"“”()\[\]{}?!;]|[.,:](?=\s|$)", " ", text)
    return " ".join(text.split())


def read(text: str, subject: re.Match[str]) -> Reading:
    """Reads ``text`` (plain) around its ``subject``, which is cut out first."""
    found = Reading(negated=re.search(_NEGATION, text) is not None)
    found.move = _move(subject.group(0))
    found.hours = tuple(int(g) for g in subject.groups() if g is not None and g.isdigit())
    rest = f"{text[: subject.start()]} | {text[subject.end() :]}"
    rest = _take_threshold(found, rest)
    rest = _take_horizon(found, rest)
    outcomes = []
    for name, pattern in _OUTCOMES.items():
        rest, hits = re.subn(rf"\b(?:{pattern})\b", " ", rest)
        if hits:
            outcomes.append(name)
    found.outcomes = tuple(outcomes)
    words = [w for w in re.findall(r"[^\s|]+", rest) if w not in _FILLER]
    found.left = tuple(words)
    found.condition = bool(words) and re.search(_CONDITION, rest) is not None
    return found


def duration_minutes(text: str) -> int | None:
    """``15m``, ``2 hours``, ``1d`` -> minutes; None for anything else."""
    found = re.fullmatch(r"(\d+) ?(minutes?|mins?|m|hours?|hrs?|h|days?|d)", plain(text))
    return int(found[1]) * _MINUTES[found[2][0]] if found and int(found[1]) > 0 else None


def _move(subject: str) -> str:
    """Which way the event itself goes, where its words say so. A bullish divergence is one of falling prices."""
    for pattern, move in _MOVES:
        if re.search(rf"\b(?:{pattern})", subject):
            return move
    return "both"


def _take_threshold(found: Reading, rest: str) -> str:
    hit = re.search(_THRESHOLD, rest)
    if hit is None:
        return rest
    unit = hit[2]
    kind = "times" if unit in ("x", "×", "times", "fold") else "%" if unit[0] in "%pb" else "sd"
    found.threshold = (float(hit[1]), kind)
    return rest[: hit.start()] + " " + rest[hit.end() :]


def _take_horizon(found: Reading, rest: str) -> str:
    hit = re.search(rf"\b(?:{_HORIZON})", rest)
    if hit is None:
        return rest
    count = 1 if hit[1] is None or not hit[1].isdigit() else int(hit[1])
    unit = hit[2] or hit[3]
    if re.fullmatch(_BARS, unit):
        found.horizon_bars = count
    else:
        found.horizon_minutes = count * _MINUTES[unit[0]]
    return rest[: hit.start()] + " " + rest[hit.end() :]
