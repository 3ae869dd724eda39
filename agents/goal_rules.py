"""Constraints of a goal as rules that a judged patch can be held against, without a model.

A rule is a dict (JSON): ``{"rule", "text", …}``, with ``rule`` one of

- ``max``/``min``: ``metric`` of the patched system stays at most/at least ``value``;
- ``no_worse``: ``metric`` after the patch is not worse than before;
- ``untouched``: ``word``; no changed file and no changed line is named after it, and no decision figure of it where it is a symbol;
- ``kinds``: only patches of ``kinds`` are proposed;
- ``person``: words that cannot be measured; a person is asked, whatever the policy allows.

Over several symbols: drawdown and exposure of the worst, trades and fees summed, returns and Sharpe ratios averaged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: metric -> (key in a patch's figures, whether more is better, how symbols are put together)
FIGURES: dict[str, tuple[str, bool, str]] = {
    "drawdown": ("max_drawdown", False, "worst"),
    "exposure": ("exposure", False, "worst"),
    "trades": ("trades", True, "sum"),
    "costs": ("fees", False, "sum"),
    "profit": ("net_return", True, "mean"),
    "sharpe": ("sharpe", True, "mean"),
    "win_rate": ("win_rate", True, "mean"),
}
_SHARES = frozenset({"drawdown", "exposure", "profit", "win_rate"})
_WORDS = (
    ("drawdown", r"draw ?downs?|dd|risk"),
    ("exposure", r"exposure|leverage"),
    ("sharpe", r"sharpe"),
    ("win_rate", r"win[- ]?rates?|hit[- ]?rates?"),
    ("costs", r"costs?|fees?"),
    ("trades", r"trades?|trading|turnover"),
    ("profit", r"profits?|p&l|pnl|returns?"),
)
_KINDS = {
    "fix": r"(?:bug ?)?fix(?:es)?|repairs?",
    "refactor": r"refactor(?:ing)?s?",
    "enhancement": r"enhancements?|new (?:logic|features?)|additions?",
    "tuning": r"tuning|tunings|(?:parameter|number|threshold|setting)s?(?: changes?)?|optimi[sz]ations?",
}
_AT_MOST = re.compile(
    r"\b(?:below|under|at most|no more than|max(?:imum)?|less than|up to|within|not? (?:above|over|exceed\w*)|never (?:above|over|exceed\w*)|<=?)",
    re.I,
)
_AT_LEAST = re.compile(
    r"\b(?:at least|no less than|no fewer than|min(?:imum)?|above|over|more than|>=?)", re.I
)
_NO_WORSE = re.compile(
    r"\b(?:without|no|not|don'?t|never|keep\w*|same|at the cost of|sacrific\w*|hurt\w*|worse\w*)\b", re.I
)
_UNTOUCHED = re.compile(
    r"\b(?:don'?t|do not|never|without|not|leave)\s+(?:to\s+)?(?:touch|change|alter|modify|edit|changing|touching|altering|modifying|editing)?(?:ing)?\s*"
    r"(?:the\s+|my\s+|any\s+)?(?P<word>[\w.\-/ ]+?)(?:\s+(?:alone|untouched|unchanged|as (?:it|they) (?:is|are)))?\s*$",
    re.I,
)
_TOUCHES = re.compile(r"\b(?:touch|chang|alter|modif|edit|alone|untouched|unchanged|as (?:it|they) )", re.I)
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(%|percent\b|bps\b)?", re.I)
_SIZE = 1e-9


@dataclass(frozen=True)
class Ruling:
    """What the goals' constraints say of a patch. ``refuse``: reasons, one line each, why it must not be proposed;
    ``ask``: reasons why a person must decide, whatever the policy allows (a figure that is not known, words without a measure)."""

    refuse: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


def rules_of(texts: Sequence[str], symbols: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The rule that each constraint says. ``symbols`` are the known markets, full names."""
    return [_rule(" ".join(t.split()).strip(" .,!"), symbols) for t in texts if t.strip()]


def _rule(text: str, symbols: Sequence[str]) -> dict[str, Any]:
    words = re.sub(r"^(?:but|and|while|as long as|provided(?: that)?)\s+", "", text, flags=re.I)
    for reader in (_kinds_rule, _figure_rule, _untouched_rule):
        rule = reader(words, symbols)
        if rule is not None:
            return {**rule, "text": text}
    return {"rule": "person", "text": text}


def _kinds_rule(text: str, _: Sequence[str]) -> dict[str, Any] | None:
    named = [kind for kind, words in _KINDS.items() if re.search(rf"\b(?:{words})\b", text, re.I)]
    if named and re.search(r"\b(?:only|just|nothing but)\b", text, re.I):
        return {"rule": "kinds", "kinds": named}
    if named and re.match(r"(?:no|without|never|don'?t|do not)\b", text, re.I) and not _metric(text):
        return {"rule": "kinds", "kinds": [k for k in _KINDS if k not in named]}
    return None


def _metric(text: str) -> str | None:
    return next((name for name, words in _WORDS if re.search(rf"\b(?:{words})\b", text, re.I)), None)


def _figure_rule(text: str, symbols: Sequence[str]) -> dict[str, Any] | None:
    from agents.goals import symbols_in

    metric, number = _metric(text), _NUMBER.search(text)
    if metric is None or _TOUCHES.search(text):
        return None
    scope = symbols_in(text, symbols) if symbols else []
    if number is not None:
        side = (
            "max"
            if _AT_MOST.search(text)
            else "min"
            if _AT_LEAST.search(text)
            else "max"
            if not FIGURES[metric][1]
            else None
        )
        if side is None:
            return None
        return {"rule": side, "metric": metric, "value": _value(number, metric), "symbols": scope}
    return {"rule": "no_worse", "metric": metric, "symbols": scope} if _NO_WORSE.search(text) else None


def _value(number: re.Match[str], metric: str) -> float:
    value, unit = float(number[1]), (number[2] or "").casefold()
    if unit in ("%", "percent"):
        return value / 100
    if unit == "bps":
        return value / 1e4
    return value / 100 if metric in _SHARES and value >= 1 else value


def _untouched_rule(text: str, symbols: Sequence[str]) -> dict[str, Any] | None:
    from agents.goals import symbols_in

    found = _UNTOUCHED.search(text)
    if found is None or not _TOUCHES.search(text):
        return None
    word = re.sub(r"\s+(?:code|logic|file|module|part|rules?)$", "", found["word"].strip(), flags=re.I)
    known = symbols_in(word, symbols) if symbols else []
    return {"rule": "untouched", "word": known[0] if known else word, "symbol": bool(known)}


def rules_in(goal: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A goal's rules; of one that was kept before there were rules, what its constraint says."""
    if "rules" in goal:
        return list(goal["rules"])
    return rules_of([goal["constraint"]]) if goal.get("constraint") else []


def told(rule: Mapping[str, Any]) -> str:
    """What a rule does, in words."""
    metric, kind = rule.get("metric", ""), rule["rule"]
    if kind == "person":
        return f"{rule['text']}: it cannot be measured, so every patch for the goal waits for a person"
    if kind == "kinds":
        return f"{rule['text']}: only {', '.join(rule['kinds'])} is proposed"
    if kind == "untouched":
        return f"{rule['text']}: a patch that touches {rule['word']} is not proposed"
    if kind == "no_worse":
        return f"{rule['text']}: a patch that worsens {metric} is not proposed"
    side = "above" if kind == "max" else "below"
    return f"{rule['text']}: a patch with {metric} {side} {_told(metric, rule['value'])} is not proposed"


# -- holding a patch against them ---------------------------------------------------------------------------
def ruling(goals: Sequence[Mapping[str, Any]], patch: Mapping[str, Any]) -> Ruling:
    """Hold a judged patch (a document: ``kind files diff before after``) against the constraints of the goals given (those that
    steer). Figures bind patches that change a decision figure of the goal's symbols; kinds and untouched parts bind every one."""
    refuse: list[str] = []
    ask: list[str] = []
    for goal in goals:
        concerned = concerns(goal, patch)
        for rule in rules_in(goal):
            no, open_ = (
                _held(rule, patch) if concerned or rule["rule"] in ("kinds", "untouched") else ("", "")
            )
            refuse += [f"goal {goal['id']} ({rule['text']}): {no}"] if no else []
            ask += [f"goal {goal['id']} ({rule['text']}): {open_}"] if open_ else []
    return Ruling(tuple(refuse), tuple(ask))


def kind_refused(goals: Sequence[Mapping[str, Any]], kind: str) -> str | None:
    """Why no patch of this kind should even be made; None where none of the goals forbids it."""
    for goal in goals:
        for rule in rules_in(goal):
            if rule["rule"] == "kinds" and kind not in rule["kinds"]:
                return f"goal {goal['id']} ({rule['text']}): it is a {kind}"
    return None


def finding_refused(goals: Sequence[Mapping[str, Any]], finding: Mapping[str, Any]) -> str | None:
    """Why a finding (a document) must not be repaired: it sits in a part that a goal keeps untouched. None where none does."""
    for goal in goals:
        for rule in rules_in(goal):
            if (
                rule["rule"] == "untouched"
                and not rule["symbol"]
                and _in_path(rule["word"], str(finding.get("file", "")))
            ):
                return f"goal {goal['id']} ({rule['text']}): it is in {finding['file']}"
    return None


def reached(goal: Mapping[str, Any], symbols: Mapping[str, Mapping[str, Any]]) -> bool | None:
    """Whether the figures of a system (by symbol, as in a patch's ``before``) reach the goal's figure; None where the goal names
    none, or it is not known."""
    metric, reach = goal.get("metric"), goal.get("reach")
    if metric not in FIGURES or reach is None:
        return None
    value, _ = _together({"now": {"symbols": symbols}}, "now", metric, goal.get("symbols") or ())
    if value is None:
        return None
    wanted = float(reach)
    return value >= wanted - _SIZE if FIGURES[metric][1] else value <= wanted + _SIZE


def concerns(goal: Mapping[str, Any], patch: Mapping[str, Any]) -> bool:
    """Whether a patch changes a figure of one of the goal's symbols; of any symbol where the goal names none."""
    before, after = _symbols(patch, "before"), _symbols(patch, "after")
    wanted = set(goal.get("symbols") or ()) or before.keys() | after.keys()
    return any(before.get(s) != after.get(s) for s in wanted)


def _held(rule: Mapping[str, Any], patch: Mapping[str, Any]) -> tuple[str, str]:
    """(why not, what is open) of one rule."""
    if rule["rule"] == "person":
        return "", "it cannot be measured; a person decides"
    if rule["rule"] == "kinds":
        return ("" if patch["kind"] in rule["kinds"] else f"it is a {patch['kind']}"), ""
    if rule["rule"] == "untouched":
        return _touched(rule, patch), ""
    return _figures(rule, patch)


def _touched(rule: Mapping[str, Any], patch: Mapping[str, Any]) -> str:
    word = str(rule["word"])
    if rule["symbol"]:
        before, after = _symbols(patch, "before").get(word), _symbols(patch, "after").get(word)
        return "" if before == after else f"figures of {word} change"
    for file in patch.get("files") or ():
        if _in_path(word, str(file)):
            return f"it changes {file}"
    pattern = _stem(word)
    for line in str(patch.get("diff", "")).splitlines():
        code = line[1:].partition("#")[0]
        if line[:1] in "+-" and line[:3] not in ("+++", "---") and re.search(pattern, code, re.I):
            return f"it changes the line `{code.strip()[:80]}`"
    return ""


def _stem(word: str) -> str:
    """``exits`` also meets ``exit_long`` and ``max_exit``; ``stop loss`` meets ``stop_loss`` and ``stoploss``."""
    parts = [
        re.escape(p[:-1] if p.endswith("s") and len(p) > 3 else p) for p in re.split(r"[\s_-]+", word) if p
    ]
    return r"(?<![a-z])" + r"[\s_-]?".join(parts) + r"(?:s|es)?(?![a-z])"


def _in_path(word: str, path: str) -> bool:
    if "." in word or "/" in word:
        return path == word or path.endswith("/" + word)
    return bool(re.search(_stem(word), path, re.I))


def _figures(rule: Mapping[str, Any], patch: Mapping[str, Any]) -> tuple[str, str]:
    metric = str(rule["metric"])
    after, unknown = _together(patch, "after", metric, rule.get("symbols") or ())
    if after is None:
        return "", f"{metric} is not known ({unknown})"
    if rule["rule"] == "max":
        over = after > float(rule["value"]) + _SIZE
        return (
            f"{metric} {_told(metric, after)} is above {_told(metric, rule['value'])}" if over else ""
        ), ""
    if rule["rule"] == "min":
        short = after < float(rule["value"]) - _SIZE
        return (
            f"{metric} {_told(metric, after)} is below {_told(metric, rule['value'])}" if short else ""
        ), ""
    before, unknown = _together(patch, "before", metric, rule.get("symbols") or ())
    if before is None:
        return "", f"{metric} before the patch is not known ({unknown})"
    worse = after < before - _SIZE if FIGURES[metric][1] else after > before + _SIZE
    return (f"{metric} {_told(metric, before)} -> {_told(metric, after)}" if worse else ""), ""


def _together(
    patch: Mapping[str, Any], when: str, metric: str, symbols: Sequence[str]
) -> tuple[float | None, str]:
    """The figure over the symbols for which it is known, or None and why."""
    key, _, how = FIGURES[metric]
    rows = _symbols(patch, when)
    wanted = [rows[s] for s in (symbols or rows) if s in rows]
    values = [float(v) for row in wanted if isinstance(v := row.get(key), int | float)]
    if not values:
        return None, f"no symbol has {key}"
    return {"worst": max(values), "sum": sum(values), "mean": sum(values) / len(values)}[how], ""


def _symbols(patch: Mapping[str, Any], when: str) -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = (patch.get(when) or {}).get("symbols") or {}
    return rows


def _told(metric: str, value: float) -> str:
    return f"{value * 100:.4g} %" if metric in _SHARES else f"{value:.4g}"
