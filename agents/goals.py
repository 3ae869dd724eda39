"""Goals in words, and what they do: findings that touch an active goal are taken first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from memory.goals import Goals
from memory.store import Store
from tools.errors import MendelError
from tools.market.names import clean_symbol, looks_like_market, symbol_of_file

if TYPE_CHECKING:
    from tools.contracts import Finding
    from tools.system.system import System

#: What can be asked for, and the words that ask for it. The first that fits is it.
METRICS: tuple[tuple[str, str], ...] = (
    ("drawdown", r"draw ?downs?|dd\b"),
    ("sharpe", r"sharpe|risk[- ]adjusted"),
    ("win_rate", r"win[- ]?rates?|hit[- ]?rates?|more winners"),
    ("costs", r"costs?|fees?|slippage|turnover"),
    ("exposure", r"exposure|leverage|position sizes?"),
    ("trades", r"trad(?:e|es|ing)|signals?|entr(?:y|ies)|silen(?:t|ce)|active"),
    ("profit", r"profit\w*|p&l|pnl|returns?|earn\w*|money|expectancy|edge|los(?:s|ses|ing)|lose"),
)
_CONSTRAINT = re.compile(
    r"\b(without|but\b|while|as long as|provided|keep(?:ing)?|under|below|at most|no more than|never|don'?t|do not)\b.*",
    re.I,
)
_BUDGET = re.compile(
    r"\b(?:within|for|in|at most|using|max(?:imum)?)\s+(?:at most\s+)?"
    r"(?:(?P<cycles>\d+)\s+cycles?|\$\s?(?P<usd>\d+(?:\.\d+)?)|(?P<tokens>\d[\d,]*k?)\s+tokens)",
    re.I,
)
_TICKER = re.compile(r"\b[A-Z][A-Z0-9]{1,11}\b")
#: Capitals that are no market.
_NO_MARKET = frozenset(
    {
        "I",
        "A",
        "OK",
        "PNL",
        "P",
        "L",
        "CVD",
        "OI",
        "UTC",
        "ATR",
        "RSI",
        "EMA",
        "SMA",
        "VWAP",
        "ROI",
        "USD",
        "USDT",
        "BPS",
        "DD",
    }
    | {
        "AND",
        "OR",
        "NOT",
        "NO",
        "THE",
        "TO",
        "IT",
        "MY",
        "ON",
        "IN",
        "MORE",
        "LESS",
        "MAKE",
        "TRADE",
        "WHY",
        "IS",
    }
)
_MOST_WORDS = 400


class GoalError(MendelError):
    """The words do not say anything that could be aimed at."""


def known_symbols(system: System, data: str | None = None) -> list[str]:
    """The markets that the system's data (or the glob ``data``) is named after, without opening a file; [] where the names do
    not tell."""
    section = system.config.data
    if section.symbols and data is None:
        return sorted(clean_symbol(s) for s in section.symbols)
    found: set[str] = set()
    pattern = data or (str(system.root / section.path) if section.path else "")
    if pattern:
        from tools.market.load import find_files
        from tools.market.problems import MarketError

        try:
            found = {symbol_of_file(p) for p in find_files(pattern)}
        except MarketError:
            return []
    return sorted(s for s in found if looks_like_market(s))


def symbols_in(text: str, known: Sequence[str]) -> list[str]:
    """The markets named in ``text``, by full name or as a coin, in the order in which they are named. Small letters are
    understood where the market is known (``ton``), capitals also where no market is."""
    found: list[str] = []
    coins = {_coin(s): s for s in known}
    for word in re.findall(r"[A-Za-z][A-Za-z0-9]*(?:[/_:-][A-Za-z0-9]+)*", text):
        name = clean_symbol(word)
        full = name if name in known else coins.get(name)
        if full is not None and (word.isupper() or name in known or word.casefold() not in _COMMON):
            found.append(full)
        elif not known and (looks_like_market(name) or (_TICKER.fullmatch(word) and word not in _NO_MARKET)):
            found.append(name)
    return list(dict.fromkeys(found))


#: English words that are coins as well: they count only in capitals.
_COMMON = frozenset({"link", "near", "dot", "op", "one", "gas", "sand", "mask", "flow", "apt", "sun", "win"})


def _coin(symbol: str) -> str:
    return re.sub(r"(USDT|USDC|FDUSD|BUSD|TUSD|USD|EUR)$", "", symbol) or symbol


def unknown_market(text: str, known: Sequence[str]) -> str | None:
    """A word that can only be meant as a market and is none of ``known``; None where there is no such word."""
    if not known:
        return None
    for word in (str(w) for w in _TICKER.findall(text)):
        if word in _NO_MARKET or symbols_in(word, known):
            continue
        if looks_like_market(word) or (2 < len(word) < 7 and not text.isupper()):
            return word
    return None


def parse_goal(text: str, known: Sequence[str] = ()) -> dict[str, Any]:
    """``{"target", "symbols", "metric", "constraint", "budget"}``; what was not said is None or empty. Raises GoalError."""
    target = " ".join(text.split()).strip(" .!\"'")
    if not target:
        raise GoalError('the goal is empty: say what to reach, for example "make TON trade"')
    if len(target) > _MOST_WORDS:
        raise GoalError(f"the goal has {len(target)} letters: say it in at most {_MOST_WORDS}")
    stranger = unknown_market(target, known)
    if stranger:
        raise GoalError(f"{stranger} is not in the data: choose one of {', '.join(known)}")
    budget = _budget(target)
    plain = _BUDGET.sub("", target)
    limit = _CONSTRAINT.search(plain)
    limited = limit if limit is not None and limit.start() > 0 else None
    aim = plain[: limited.start()] if limited else plain
    symbols = symbols_in(aim, known)
    metric = next((name for name, words in METRICS if re.search(rf"\b(?:{words})", aim, re.I)), None)
    if not symbols and metric is None:
        names = ", ".join(name for name, _ in METRICS)
        raise GoalError(f"{target!r}: nothing in it can be measured; name a symbol or one of {names}")
    constraint = " ".join(limited.group().split()).strip(" ,.") if limited else None
    return {
        "target": target,
        "symbols": symbols,
        "metric": metric,
        "constraint": constraint,
        "budget": budget,
    }


def _budget(text: str) -> dict[str, float] | None:
    found = _BUDGET.search(text)
    if found is None:
        return None
    if found["cycles"]:
        return {"cycles": int(found["cycles"])}
    if found["usd"]:
        return {"usd": float(found["usd"])}
    digits = found["tokens"].casefold().replace(",", "")
    return {"tokens": int(digits.removesuffix("k")) * (1000 if digits.endswith("k") else 1)}


def add_goal(store: Store, text: str, known: Sequence[str] = ()) -> dict[str, Any]:
    """Keep a goal. Raises GoalError."""
    body = parse_goal(text, known)
    row: dict[str, Any] = Goals(store).add(body.pop("target"), body)
    return row


def touches(goal: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    """Whether mending a finding (as a document) is about a goal: it concerns one of the goal's symbols, and what the goal
    measures. A goal for a symbol alone is about all that concerns it; one for a measure alone about every symbol."""
    starved = set(finding.get("details", {}).get("starved", ()))
    concerned = starved | {str(s) for s in finding.get("counterexample", {}).get("symbols", ())}
    one = finding.get("counterexample", {}).get("symbol")
    concerned |= {str(one)} if one else set()
    wanted = set(goal["symbols"])  # a coin where no market was known when the goal was said
    here = not wanted or any(s in wanted or _coin(s) in wanted for s in concerned)
    if goal["metric"] in (None, "trades", "exposure"):
        return here and bool(starved or concerned)
    return bool(goal["symbols"]) and here


def steer(goals: Sequence[Mapping[str, Any]], findings: Sequence[Finding]) -> list[Finding]:
    """The same findings; those that an active goal is about come first, in the order they had."""
    from tools.records import finding_json

    active = [g for g in goals if g["status"] == "active"]

    def later(finding: Finding) -> bool:
        document = finding_json(finding)
        return not any(touches(g, document) for g in active)

    return sorted(findings, key=later)


def goals_of_cycle(store: Store, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a cycle's result says of the goals: ``[{"id", "target", "status", "symbols", "metric", "constraint", "touched"}]``.

    ``touched`` are ids of findings that the goal put first; a paused goal touches none. Finished goals are left out."""
    names = ("id", "target", "status", "symbols", "metric", "constraint")
    shown = []
    for goal in Goals(store).list():
        if goal["status"] in ("active", "paused"):
            steering = goal["status"] == "active"
            touched = [f["id"] for f in findings if steering and touches(goal, f)]
            shown.append({**{n: goal[n] for n in names}, "touched": touched})
    return shown
