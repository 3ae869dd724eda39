"""What the columns of a market mean, guessed from their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tools.contracts import PRICE_COLUMNS, ROLES
from tools.market.problems import MarketError

#: The first pattern that fits the whole lower-case name decides. Order matters: a taker's quote volume is
#: flow, and a cumulative delta is cumulative.
_PATTERNS = (
    (
        "price",
        r"(?:spot|mark|index|perp(?:etual)?|futures?|last|mid|fair|settle(?:ment)?)_?(?:open|high|low|close|price)"
        r"|(?:open|high|low|close|price)_(?:spot|mark|index|perp|futures?)|price|v?wap|(?:best_)?(?:bid|ask)(?:_price)?",
    ),
    ("cumulative", r"(?:.*_)?cvd(?:_(?!delta).*)?|cum(?:ulative)?_.*|obv"),
    (
        "flow",
        r"(?:.*_)?delta(?:_.*)?|taker_.*|(?:.*_)?(?:buy|sell)_(?:.*_)?(?:volume|vol|qty|quantity)|(?:order|net)_?flow",
    ),
    ("open_interest", r"(?:.*_)?open_?interest(?:_.*)?|(?:.*_)?oi(?:_.*)?|sum_open_interest(?:_value)?"),
    ("funding", r"(?:.*_)?funding(?:_?rate)?"),
    (
        "quote_volume",
        r"(?:.*_)?quote_?(?:asset_?)?vol(?:ume)?|(?:.*_)?turnover|amount|volume_usdt?|usdt?_volume",
    ),
    ("volume", r"(?:.*_)?vol(?:ume)?|(?:base_)?qty"),
)


def guess_roles(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Role -> its columns in the order given. A column that no rule knows (``trades``) has no role."""
    found: dict[str, list[str]] = {}
    for name in columns:
        role = _role_of(name)
        if role is not None:
            found.setdefault(role, []).append(name)
    return {role: tuple(found[role]) for role in ROLES if role in found}


def merge_roles(
    guessed: Mapping[str, tuple[str, ...]], given: Mapping[str, Sequence[str]] | None, columns: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """``guessed`` where ``given`` says nothing. A role that is given replaces the guess for that role, and its
    columns lose every other role. Columns that this file does not have are left out: roles are configured once
    for all symbols. Raises MarketError for a role that does not exist."""
    for role in given or {}:
        if role not in ROLES:
            raise MarketError(f"[data].roles: {role!r} is no role: use {', '.join(ROLES)}")
    asked = {role: tuple(name for name in names if name in columns) for role, names in (given or {}).items()}
    claimed = {name for names in asked.values() for name in names}
    kept = {
        role: tuple(n for n in names if n not in claimed)
        for role, names in guessed.items()
        if role not in asked
    }
    merged = {**kept, **asked}
    return {role: merged[role] for role in ROLES if merged.get(role)}


def _role_of(name: str) -> str | None:
    lower = name.strip().lower()
    if lower in PRICE_COLUMNS:
        return "price"
    return next((role for role, pattern in _PATTERNS if re.fullmatch(pattern, lower)), None)
