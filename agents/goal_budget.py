"""What a goal may cost, what it has cost since it was set, and whether that is used up.

``{"cycles", "trials", "tokens", "usd", "until"}``, each optional; ``until`` is an ISO day (UTC), that day included. What is used is
counted from the stores: everything this system spent since the goal was set, whichever goal it was spent for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from agents.model_budget import KIND as MODEL_CALL
from memory.cycles import Cycles
from memory.goals import Goals
from memory.ledger import Ledger
from memory.store import Store
from memory.trials import Trials
from tools.errors import MendelError

_LEAD = r"\b(?:within|for|in|at most|using|max(?:imum)?|up to|no more than|by|until|till|budget:?)\s+(?:at most\s+|of\s+)?"
_AMOUNT = (
    r"(?:(?P<cycles>\d+)\s+cycles?|(?P<trials>\d[\d,]*k?)\s+trials?|\$\s?(?P<usd>\d+(?:\.\d+)?)|(?P<dollars>\d+(?:\.\d+)?)\s+(?:dollars|usd)|"
    r"(?P<tokens>\d[\d,]*k?)\s+tokens|(?P<until>\d{4}-\d\d-\d\d)|(?P<n>\d+)\s+(?P<unit>days?|weeks?|months?))\b"
)
IN_A_GOAL = re.compile(_LEAD + _AMOUNT, re.I)
_ALONE = re.compile(rf"^\s*(?:{_LEAD})?{_AMOUNT}\s*$", re.I)
_DAYS = {"day": 1, "week": 7, "month": 30}
_UNITS = {"cycles": "cycles", "trials": "trials", "tokens": "tokens", "usd": "dollars"}


class BudgetTextError(MendelError):
    """The words are no budget."""


@dataclass(frozen=True)
class Spent:
    """``used`` so far, of the kinds that the budget names; ``why`` says which is used up, "" while none is."""

    used: dict[str, float]
    why: str = ""


def budget_in(text: str, today: date | None = None) -> dict[str, Any] | None:
    """What a goal's own words say of its budget; None where nothing."""
    found: dict[str, Any] = {}
    for match in IN_A_GOAL.finditer(text):
        found |= _amount(match, today)
    return found or None


def budget_of(texts: list[str], today: date | None = None) -> dict[str, Any]:
    """From ``3 cycles``, ``200 trials``, ``$5``, ``50k tokens``, ``2 weeks``, ``2027-01-31``. Raises BudgetTextError."""
    found: dict[str, Any] = {}
    for text in texts:
        match = _ALONE.match(text)
        if match is None:
            raise BudgetTextError(
                f'{text!r} is no budget: say "3 cycles", "200 trials", "$5", "50k tokens", "2 weeks" or a day such as 2027-01-31'
            )
        found |= _amount(match, today)
    return found


def _amount(match: re.Match[str], today: date | None) -> dict[str, Any]:
    if match["until"]:
        try:
            return {"until": date.fromisoformat(match["until"]).isoformat()}
        except ValueError as error:
            raise BudgetTextError(f"{match['until']} is no day: write it as 2027-01-31") from error
    if match["n"]:
        days = int(match["n"]) * _DAYS[match["unit"].casefold().rstrip("s")]
        return {"until": ((today or datetime.now(UTC).date()) + timedelta(days=days)).isoformat()}
    if match["usd"] or match["dollars"]:
        return {"usd": float(match["usd"] or match["dollars"])}
    name = next(n for n in ("cycles", "trials", "tokens") if match[n])
    digits = match[name].casefold().replace(",", "")
    return {name: int(digits.removesuffix("k")) * (1000 if digits.endswith("k") else 1)}


def spent(store: Store, ledger: Ledger, goal: Mapping[str, Any], now: datetime | None = None) -> Spent:
    """What the goal's budget has been used for since the goal was set. A cycle that runs counts."""
    budget = goal.get("budget") or {}
    since = str(goal["created"])
    counted: dict[str, float] = {}
    if "cycles" in budget:
        counted["cycles"] = sum(str(c["started"]) >= since for c in Cycles(store).list())
    if "trials" in budget:
        counted["trials"] = sum(str(t["created"]) >= since for t in Trials(store).list())
    if {"tokens", "usd"} & budget.keys():
        calls = [e.body for e in ledger.entries(kind=MODEL_CALL) if e.time >= since]
        sums = {
            "tokens": sum(c["tokens_in"] + c["tokens_out"] for c in calls),
            "usd": sum(c["usd"] or 0.0 for c in calls),
        }
        counted |= {name: round(float(sums[name]), 6) for name in sums if name in budget}
    return Spent(counted, _over(budget, counted, (now or datetime.now(UTC)).date()))


def _over(budget: Mapping[str, Any], counted: Mapping[str, float], today: date) -> str:
    if "until" in budget and today > date.fromisoformat(budget["until"]):
        return f"its last day was {budget['until']}"
    for name, used in counted.items():
        if used >= budget[name]:
            return f"{used:g} of {budget[name]:g} {_UNITS[name]} are used"
    return ""


def steering(store: Store, ledger: Ledger, now: datetime | None = None) -> list[dict[str, Any]]:
    """The active goals whose budget is not used up: those that steer a cycle."""
    return [g for g in Goals(store).list("active") if not spent(store, ledger, g, now).why]


def rest_reason(store: Store, ledger: Ledger, now: datetime | None = None) -> str | None:
    """Why a loop has nothing to work for: there are active goals, and the budget of each is used up. None where it may go on
    (also without any goal)."""
    goals = Goals(store).list("active")
    reasons = [(g, spent(store, ledger, g, now).why) for g in goals]
    if not reasons or not all(why for _, why in reasons):
        return None
    goal, why = reasons[0]
    more = f", and so with {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"the budget of goal {goal['id']} is used up: {why}{more}; drop it, or set it again with another budget"
