"""What the market offers and the entry decision never looks at: columns, and what could be computed from them."""

from __future__ import annotations

import ast
from typing import Any

from tools.analysis.gap_features import DERIVED, Derived
from tools.analysis.gap_measure import measured
from tools.analysis.study import Study
from tools.contracts import ROLES

ENTRIES = {"enter_long", "enter_short"}


def capability_gaps(study: Study) -> list[dict[str, Any]]:
    """``[{"kind", "role", "columns", "symbols", "read_by", "derived", "measured"}]``, what says most about the trades first.

    ``kind`` is a role from whose columns no path in the source leads to an entry, or (``derived``) information that is
    computed and of which no name in the source speaks. ``read_by`` are places that read the columns for something else.
    ``measured`` is its information about the outcomes of the system's own trades (see gap_measure), None for a plain column
    that no feature is known for. A path that could not be followed (see the architecture's ``not_followed``) may hide a use."""
    gaps = _columns(study) + _derived(study)
    return sorted(gaps, key=lambda gap: -_strength(gap["measured"]))


def _columns(study: Study) -> list[dict[str, Any]]:
    flows = study.architecture.to_json()["data_flow"]
    used = {f["column"] for f in flows if ENTRIES & set(f["reaches"])}
    gaps = []
    for role in ROLES:
        columns = sorted({c for m in study.markets.values() for c in m.columns_of(role)})
        if not columns or used & set(columns):
            continue
        gaps.append(
            {
                "kind": role,
                "role": role,
                "columns": columns,
                "symbols": sorted(s for s, m in study.markets.items() if m.columns_of(role)),
                "read_by": sorted({f"{f['file']}:{f['line']}" for f in flows if f["column"] in columns}),
                "derived": False,
                "measured": measured(study, DERIVED[role]) if role in DERIVED else None,
            }
        )
    return gaps


def _derived(study: Study) -> list[dict[str, Any]]:
    """Computed information that no column of its own stands for, and that the source does not speak of."""
    spoken = _names(study)
    gaps = []
    for derived in DERIVED.values():
        if derived.kind in ROLES or any(word in name for name in spoken for word in derived.words):
            continue
        symbols = [s for s, m in study.markets.items() if all(m.columns_of(r) for r in derived.roles)]
        if symbols:
            columns = {c for s in symbols for c in study.markets[s].columns_of("price", *derived.roles)}
            gaps.append(
                {
                    "kind": derived.kind,
                    "role": derived.kind,
                    "columns": sorted(columns),
                    "symbols": sorted(symbols),
                    "read_by": [],
                    "derived": True,
                    "measured": measured(study, derived),
                }
            )
    return gaps


def _names(study: Study) -> set[str]:
    """Every identifier, attribute, argument and function name of the product's source, in lower case."""
    found: set[str] = set()
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            for name in ("id", "attr", "arg", "name"):
                value = getattr(node, name, None)
                if isinstance(value, str):
                    found.add(value.lower())
    return found


def _strength(shown: dict[str, Any] | None) -> float:
    """How far from nothing: the size of a rank correlation, the root of a group share; 0 where unknown."""
    if shown is None or shown["value"] is None:
        return 0.0
    value = abs(float(shown["value"]))
    return value if shown["measure"] == "rank_correlation" else value**0.5


__all__ = ["Derived", "capability_gaps"]
