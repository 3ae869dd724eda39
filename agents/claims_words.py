"""How a sentence about results is read: its claims, what each is about (symbol, id, file), what it measures, before or after.

Deliberately shallow: what stands nearest in the same part of a sentence. Numbers written out as words are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "BTC", "ETH")
#: Coins that are talked of without the currency they are quoted in.
_TICKERS = (
    "BTC|ETH|SOL|XRP|DOGE|BNB|ADA|LINK|AVAX|LTC|NEAR|TON|DOT|TRX|MATIC|POL|SHIB|PEPE|ATOM|UNI|APT|ARB|SUI"
)
_MONTH = "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
#: The alternatives in order: what is a date or a file must not be read as its numbers.
CLAIM = re.compile(
    rf"""(?P<date>\b\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[+-]\d\d:\d\d|Z)?)?)
      | (?P<day>\b(?:{_DAY}\s+(?:of\s+)?(?:{_MONTH})\b(?:,?\s+\d{{4}}\b)?|(?:{_MONTH})\.?\s+(?:{_DAY}\b(?:,?\s+\d{{4}}\b)?|\d{{4}}\b)))
      | (?P<clock>(?<![\w.:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\w:]))
      | (?P<file>(?<![\w/])[\w.\-/]*[\w\-]\.(?:py|toml|json|csv|parquet|feather|md|html|ya?ml|txt|sql|ipynb)\b(?::\d+)?)
      | (?P<symbol>\b[A-Z0-9]{{2,12}}(?:{"|".join(QUOTES)})\b|\b(?:{_TICKERS})\b)
      | (?P<id>\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])(?!\d+e\d+\b)[0-9a-f]{{4,64}}\b)
      | (?P<state>\b(?:applied|refused|rejected|rolled\sback|awaiting\sapproval|confirmed|provisional|expired|not\ssupported|supported|underpowered|untestable)\b)
      | (?P<number>(?<![\w.])[-+\u2212]?\d(?:[\d,_]*\d)?(?:\.\d+)?(?:e[-+]?\d+)?
          (?:(?P<percent>\s?%|\s?per\s?cent\b)|(?P<bps>\s?bps?\b|\s?basis\spoints?\b)|(?P<scale>k\b|M\b|\sthousand\b|\smillion\b)|(?P<unit>[a-zA-Z]{{1,3}}\b))?)""",
    re.X,
)
#: What a figure can measure: name -> (words that say so, keys that hold it). Counts are never told in percent or bps.
FAMILIES: dict[str, tuple[str, str]] = {
    "trades": (r"trades?|round trips?", r"trades?$|^trade_count|^closed$"),
    "signals": (r"signals?", r"signals?$"),
    "entries": (r"entr(?:y|ies)", r"entr(?:y|ies)$"),
    "return": (r"returns?|profits?|profit\w+|p&l|pnl|edge|expectancy", r"return|pnl|profit|edge|expectancy|mean_bps"),
    "sharpe": (r"sharpe", r"sharpe"),
    "sortino": (r"sortino", r"sortino"),
    "drawdown": (r"draw ?downs?", r"drawdown"),
    "win_rate": (r"win[- ]?rates?|hit[- ]?rates?|winners?|won", r"win"),
    "losers": (r"losers?", r"loser"),
    "fees": (r"fees?", r"fee"),
    "p": (r"p[- ]values?|p(?= ?[=<>\d])", r"^p$|p_value"),
    "effect": (r"effect", r"effect"),
    "interval": (r"intervals?|ci|between", r"^ci\b|^ci_|interval"),
    "alpha": (r"alpha", r"alpha"),
    "events": (r"events?", r"events?$"),
    "months": (r"months?", r"months?"),
    "exposure": (r"exposure", r"exposure"),
    "line": (r"lines?", r"^line$"),
}  # fmt: skip
_TABLED = re.compile("|".join(words for words, _ in FAMILIES.values()), re.I)
COUNTS = frozenset({"trades", "signals", "entries", "losers", "events", "months", "line"})
#: Verbs that tell of money only where a percentage or basis points follow.
_MOVED = re.compile(r"\b(?:made|makes?|earn\w*|gain\w*|lost|los[es]\w*|fell|rose|returned|up|down)\b", re.I)
#: Said beside a figure without being what it measures.
_ASIDE = re.compile(
    r"\b(?:a|an|per|each|every)\s+(?:trade|signal|entry|event)\b|\b(?:net of|after|before|without)\s+(?:all )?(?:fees?|costs?)\b",
    re.I,
)
DOWN = re.compile(
    r"\b(?:los[ets]\w*|lost|fell|falls?|down|minus|negative|below zero|bleeds?|worse|cost(?:s|ing)?|under water|in the red)\b",
    re.I,
)
UP = re.compile(r"\b(?:made|makes?|earn\w*|gain\w*|rose|profit\w*|positive|plus)\b", re.I)
_PARTS = re.compile(
    r"[,;:()]\s|[()\n]|[.!?]\s|\s(?:and|but|while|whereas|versus|vs\.?|than|against|instead of)\s", re.I
)
_JOINED = re.compile(r"^(?:'s)?\s*(?:,|,?\s*and|&|or|/)\s*$", re.I)
#: What follows one of these belongs to the next figure.
_ELSEWHERE = re.compile(r"\b(?:with|at|over|on|for|after|across|by)\b", re.I)
_PRONOUN = re.compile(r"\b(?:it|its|itself|this (?:symbol|coin|market|patch|one))\b", re.I)
#: Words that are keys of facts and measure nothing.
_PLAIN_KEYS = frozenset(
    [
        "symbol",
        "file",
        "id",
        "name",
        "kind",
        "from",
        "to",
        "until",
        "in",
        "after",
        "before",
        "level",
        "system",
        "goal",
        "last",
        "n",
        "time",
        "text",
        "the",
        "of",
        "is",
        "it",
        "at",
        "by",
        "on",
        "for",
        "and",
        "or",
        "a",
        "an",
        "result",
        "word",
        "why",
        "what",
        "value",
        "status",
        "verdict",
        "category",
        "summary",
        "digest",
        "base",
        "bundle",
        "target",
        "claim",
        "title",
        "type",
        "unit",
    ]
)
GENERIC_KEYS = re.compile(
    r"^(?:value|n|mean|median|min|max|lo|hi|low|high|total|number|count|before|after|old|new|from|to|ci|\d+)$"
)


@dataclass(frozen=True)
class Said:
    """One claim: ``part`` is where it stands, ``about`` what it is about ((kind, name) pairs, the kinds symbol, id, file and line; any of a kind fits), ``family``
    what it measures ("" = not said), ``phase`` "before", "after" or ""."""

    found: re.Match[str]
    part: str
    about: frozenset[tuple[str, str]] = frozenset()
    family: str = ""
    phase: str = ""


def coin(symbol: str) -> str:
    """``TON`` of ``TONUSDT``; what is no pair stays."""
    for quote in QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote) + 1:
            return symbol[: -len(quote)]
    return symbol


def stem(word: str) -> str:
    """A word without its plural."""
    folded = word.casefold()
    for end, instead in (("ies", "y"), ("ches", "ch"), ("ses", "s"), ("s", "")):
        if folded.endswith(end) and len(folded) > len(end) + 2 and not folded.endswith("ss"):
            return folded[: -len(end)] + instead
    return folded


def read(
    text: str,
    stems: Iterable[str],
    coins: Iterable[str] = (),
    about: frozenset[tuple[str, str]] = frozenset(),
) -> list[Said]:
    """Every claim of one sentence or a few. ``stems`` are the facts' own words for what they measure, ``coins`` their symbols;
    ``about`` is what the sentence before was about, for a sentence that says "it"."""
    names, marks = frozenset(stems) - _PLAIN_KEYS, frozenset(coins)
    found = list(CLAIM.finditer(text))
    mentions = _mentions(text, found, marks)
    shares = {
        kind: _shared(text, [m for m in mentions if m[2][0] == kind], found)
        for kind in ("symbol", "id", "file", "line")
    }
    told: list[Said] = []
    carried = ""
    for match in found:
        start, end = _part(text, match.start(), match.end())
        part = text[start:end]
        subjects = frozenset().union(*(share(match, start, end) for share in shares.values()))
        if not subjects and _PRONOUN.search(part):
            subjects = about
        family = _family(text, match, start, end, names) if match["number"] else ""
        rated = bool(match["percent"] or match["bps"])
        if (
            not family
            and match["number"]
            and not (rated and carried in COUNTS)
            and any(start <= m[0] < end for m in mentions)
        ):
            family = carried  # "TON made 134 trades, ETH 185"
        carried = family or carried
        told.append(Said(match, part, subjects, family, _phase(text, match, start)))
    return told


Mention = tuple[int, int, tuple[str, str]]


def _mentions(text: str, found: list[re.Match[str]], coins: frozenset[str]) -> list[Mention]:
    seen: list[Mention] = []
    for match in found:
        if match["symbol"]:
            seen.append((*match.span(), ("symbol", coin(match["symbol"]))))
        elif match["id"]:
            seen.append((*match.span(), ("id", match["id"])))
        elif match["file"]:
            name, _, line = match["file"].partition(":")
            seen += [(*match.span(), ("file", name)), *([(*match.span(), ("line", line))] if line else [])]
    taken = {start for start, _, _ in seen}
    for word in re.finditer(r"\b[A-Z][A-Z0-9]+\b", text):
        if word.group() in coins and word.start() not in taken:
            seen.append((*word.span(), ("symbol", word.group())))
    return sorted(seen)


def _part(text: str, start: int, end: int) -> tuple[int, int]:
    before = [m.end() for m in _PARTS.finditer(text, 0, start + 1) if m.end() <= start]
    after = _PARTS.search(text, end)
    return (before[-1] if before else 0), (after.start() if after else len(text))


def _shared(
    text: str, mentions: list[Mention], claims: list[re.Match[str]]
) -> Callable[[re.Match[str], int, int], frozenset[tuple[str, str]]]:
    """From a claim to what it is about. Names in a row ("TON and ETH") share the figures beside them, in their order where
    there are as many."""
    runs: list[list[Mention]] = []
    for one in mentions:
        if runs and _JOINED.match(text[runs[-1][-1][1] : one[0]]):
            runs[-1].append(one)
        else:
            runs.append([one])

    def run_of(match: re.Match[str], start: int, end: int) -> list[Mention] | None:
        inside = [r for r in runs if any(start <= m[0] < end for m in r)]
        for group in (inside, runs):
            earlier = [r for r in group if r[-1][1] <= match.start()]
            if earlier:
                return earlier[-1]
            later = [r for r in group if r[0][0] >= match.end()]
            if later:
                return later[0]
        return None

    def about(match: re.Match[str], start: int, end: int) -> frozenset[tuple[str, str]]:
        if any(m[0] == match.start() for m in mentions):
            return frozenset()
        run = run_of(match, start, end)
        if run is None:
            return frozenset()
        if len(run) > 1:
            beside = [c for c in claims if c["number"] and run_of(c, *_part(text, c.start(), c.end())) is run]
            if len(beside) == len(run) and match in beside:
                return frozenset({run[beside.index(match)][2]})
        return frozenset(m[2] for m in run)

    return about


def _family(text: str, match: re.Match[str], start: int, end: int, stems: frozenset[str]) -> str:
    """What the nearest telling word in the same part says: first those right behind the number, then those before it."""
    rated = bool(match["percent"] or match["bps"])
    behind = _ASIDE.sub(lambda m: " " * len(m.group()), text[match.end() : end])
    stop = CLAIM.search(behind)
    behind = behind[: stop.start()] if stop and not stop["symbol"] else behind
    behind = _ELSEWHERE.split(behind)[0]
    before = _ASIDE.sub(lambda m: " " * len(m.group()), text[start : match.start()])
    near = _named(behind, stems, rated)
    if near and near[0][0] <= 3:
        return near[0][1]
    ahead = _named(before, stems, rated)
    if ahead:
        return ahead[-1][1]
    if rated and _MOVED.search(text[start:end]):
        return "return"
    return near[0][1] if near else ""


def _named(text: str, stems: frozenset[str], rated: bool) -> list[tuple[int, str]]:
    """(place in words, family) of each telling word."""
    seen: list[tuple[int, str]] = []
    for name, (words, _) in FAMILIES.items():
        if rated and name in COUNTS:
            continue
        seen += [
            (len(text[: m.start()].split()), name) for m in re.finditer(rf"\b(?:{words})(?!\w)", text, re.I)
        ]
    taken = {place for place, _ in seen}
    for place, word in enumerate(re.findall(r"[^\s]+", text)):
        core = stem(re.sub(r"\W+", "", word))
        if core in stems and not _TABLED.fullmatch(core) and place not in taken and not (rated and seen):
            seen.append((place, f"={core}"))
    return sorted(seen)


def _phase(text: str, match: re.Match[str], start: int) -> str:
    lead = text[start : match.start()]
    if re.match(r"\s*(?:->|\u2192)\s*[-+\u2212]?\d", text[match.end() :]) or re.search(
        r"\b(?:from|before:?)\s*$", lead, re.I
    ):
        return "before"
    if re.search(r"(?:->|\u2192)\s*$|\bafter:?\s*$", lead, re.I) or (
        re.search(r"\bto\s*$", lead) and "from " in lead
    ):
        return "after"
    return ""


def family_of_key(key: str) -> frozenset[str]:
    """Families that a fact's key belongs to: those of the table, and its own words (``=finding``)."""
    own = {f"={stem(w)}" for w in re.split(r"[_\W]+", key) if w}
    return frozenset({name for name, (_, keys) in FAMILIES.items() if re.search(keys, key, re.I)} | own)
