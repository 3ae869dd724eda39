"""Goals in words, and what they do: findings that touch an active goal are taken first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.goal_budget import IN_A_GOAL, budget_in, budget_of, spent
from agents.goal_rules import finding_refused, rules_of
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
_REACH = re.compile(
    r"\s*\b(?:is |stays? |be |down )?(?:under|below|to|at most|no more than|above|over|at least|beyond|of)\s+(?P<n>\d+(?:\.\d+)?)\s*(?P<percent>%|percent\b)?(?=\W|$)",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:without|but|while|as long as|provided|never|don'?t|do not|max(?:imum)?)\b", re.I
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


@dataclass(frozen=True)
class Asked:
    """What was said beside a goal's words; it goes before what the words say. ``symbols`` are names or coins, ``reach`` is a
    figure such as ``10%``, ``constraints`` and ``budgets`` are words (see goal_rules and goal_budget)."""

    symbols: tuple[str, ...] = ()
    metric: str | None = None
    reach: str | None = None
    constraints: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()


def parse_goal(text: str, known: Sequence[str] = (), asked: Asked = Asked()) -> dict[str, Any]:
    """``{"target", "symbols", "metric", "reach", "constraint", "rules", "budget"}``; what was not said is None or empty. Raises
    GoalError and BudgetTextError."""
    target = " ".join(text.split()).strip(" .!\"'")
    if not target:
        raise GoalError('the goal is empty: say what to reach, for example "make TON trade"')
    if len(target) > _MOST_WORDS:
        raise GoalError(f"the goal has {len(target)} letters: say it in at most {_MOST_WORDS}")
    stranger = unknown_market(target, known)
    if stranger:
        raise GoalError(f"{stranger} is not in the data: choose one of {', '.join(known)}")
    plain, unannounced = _clauses(IN_A_GOAL.sub("", target), known)
    reach = _reach(asked.reach)
    if reach is None:
        plain, reach = _reach_in(plain)
    limit = _CONSTRAINT.search(plain)
    limited = limit if limit is not None and limit.start() > 0 else None
    aim = plain[: limited.start()] if limited else plain
    symbols = _asked_symbols(asked.symbols, known) or symbols_in(aim, known)
    metric = _asked_metric(asked.metric) or next(
        (name for name, words in METRICS if re.search(rf"\b(?:{words})", aim, re.I)), None
    )
    if not symbols and metric is None:
        names = ", ".join(name for name, _ in METRICS)
        raise GoalError(f"{target!r}: nothing in it can be measured; name a symbol or one of {names}")
    constraint = " ".join(limited.group().split()).strip(" ,.") if limited else None
    limits = [*unannounced, *(_apart(constraint) if constraint else ()), *asked.constraints]
    return {
        "target": target,
        "symbols": symbols,
        "metric": metric,
        "reach": reach,
        "constraint": "; ".join(limits) or None,
        "rules": rules_of(limits, known),
        "budget": {**(budget_in(target) or {}), **budget_of(list(asked.budgets))} or None,
    }


def _clauses(text: str, known: Sequence[str]) -> tuple[str, list[str]]:
    """Conditions that no "but" announces (``with drawdown below 20 %``, ``, fixes only``): the text without them, and they."""
    from agents.goal_rules import rules_of

    marks = list(re.finditer(r"\s*(?:[,;]|\bwith\b|\band\b)\s+", text, re.I))
    aim = text[: marks[0].start()] if marks else text
    about = next((name for name, words in METRICS if re.search(rf"\b(?:{words})", aim, re.I)), None)
    kept, limits = aim, []
    ends = [*(m.start() for m in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):  # without a mark there is no clause
        clause = text[mark.end() : end]
        (rule,) = rules_of([clause], known) or [{"rule": "person"}]
        limit = rule["rule"] == "kinds" or (rule["rule"] != "person" and rule.get("metric") != about)
        if limit and not _CONSTRAINT.search(kept):
            limits.append(clause)
        else:
            kept += text[mark.start() : end]
    return kept, limits


def _reach_in(text: str) -> tuple[str, float | None]:
    """``drawdown under 10 %`` is what to reach, where no other condition comes before it: the text without it, and the figure."""
    found = _REACH.search(text)
    if found is None or _CONDITION.search(text[: found.start()]):
        return text, None
    named = any(re.search(rf"\b(?:{words})", text[: found.start()], re.I) for _, words in METRICS)
    if not named:
        return text, None
    return text[: found.start()] + text[found.end() :], float(found["n"]) / (100 if found["percent"] else 1)


def _apart(constraint: str) -> list[str]:
    """``without more drawdown and don't touch BTC`` are two."""
    parts = re.split(
        r"\s*(?:,|;|\band\b|\bor\b)\s*(?=(?:without|don'?t|do not|never|keep|only|no|at most|max)\b)",
        constraint,
    )
    return [p.strip() for p in parts if p.strip()]


def _asked_symbols(names: Sequence[str], known: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        named = symbols_in(name.upper(), known)
        if not named:
            raise GoalError(
                f"{name} is not in the data: choose one of {', '.join(known) or 'none, since there are no data'}"
            )
        found += named
    return list(dict.fromkeys(found))


def _asked_metric(name: str | None) -> str | None:
    if name is None:
        return None
    wanted = name.strip().casefold().replace(" ", "_").replace("-", "_")
    names = [n for n, _ in METRICS]
    if wanted not in names:
        raise GoalError(f"{name!r} is not measured: choose one of {', '.join(names)}")
    return wanted


def _reach(text: str | None) -> float | None:
    """``10%`` as a fraction, ``1.5`` as it is."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*[<>=]*\s*(-?\d+(?:\.\d+)?)\s*(%)?\s*", text)
    if found is None:
        raise GoalError(f"{text!r} is no figure to reach: write 10% or 1.5")
    return float(found[1]) / (100 if found[2] else 1)


def add_goal(store: Store, text: str, known: Sequence[str] = (), asked: Asked = Asked()) -> dict[str, Any]:
    """Keep a goal. The words of a goal that is still open, with other conditions, set it anew: what it may cost counts from now.
    Raises GoalError and BudgetTextError."""
    body = parse_goal(text, known, asked)
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


@dataclass(frozen=True)
class Admitted:
    """Findings in the order in which they are taken, those that a goal is about first, and why the others are not repaired (by
    id)."""

    findings: tuple[Finding, ...]
    refused: Mapping[str, str]


def admit(goals: Sequence[Mapping[str, Any]], findings: Sequence[Finding]) -> Admitted:
    """Which findings the steering goals let a cycle take up, and in which order."""
    from agents.goal_rules import kind_refused
    from tools.records import finding_json

    active = [g for g in goals if g["status"] == "active"]
    no_fixes = kind_refused(active, "fix")
    refused = {f.id: why for f in findings if (why := no_fixes or finding_refused(active, finding_json(f)))}
    return Admitted(tuple(f for f in steer(active, findings) if f.id not in refused), refused)


def goals_of_cycle(store: Store, findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a cycle's result says of the goals: ``[{"id", "target", "status", "symbols", "metric", "constraint", "budget", "used", "spent", "touched"}]``.

    ``touched`` are ids of findings that the goal put first; a paused goal, or one whose budget is used up (``spent`` says why, ""
    while it is not), touches none. Finished goals are left out."""
    from memory.ledger import Ledger

    names = ("id", "target", "status", "symbols", "metric", "constraint")
    ledger = Ledger(store)
    shown = []
    for goal in Goals(store).list():
        if goal["status"] in ("active", "paused"):
            so_far = spent(store, ledger, goal)
            steering = goal["status"] == "active" and not so_far.why
            touched = [f["id"] for f in findings if steering and touches(goal, f)]
            cost = {"budget": goal.get("budget"), "used": so_far.used, "spent": so_far.why}
            shown.append({**{n: goal.get(n) for n in names}, **cost, "touched": touched})
    return shown


def conditions(goal: Mapping[str, Any]) -> list[str]:
    """What a goal's constraints and budget come to, one line each, for a person."""
    from agents.goal_rules import rules_in, told

    lines = [told(rule) for rule in rules_in(goal)]
    budget = goal.get("budget") or {}
    if budget:
        parts = [
            f"until {v}" if k == "until" else f"${v:g}" if k == "usd" else f"{v} {k}"
            for k, v in budget.items()
        ]
        lines.append(f"budget: {', '.join(parts)}, counted from now; used up, it steers no cycle")
    return lines
