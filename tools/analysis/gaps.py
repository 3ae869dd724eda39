"""What the market offers and the entry decision never looks at."""

from __future__ import annotations

from typing import Any

from tools.analysis.study import Study
from tools.contracts import ROLES

ENTRIES = {"enter_long", "enter_short"}


def capability_gaps(study: Study) -> list[dict[str, Any]]:
    """``[{"role", "columns", "symbols", "read_by"}]``: roles that some market has and from whose columns no path in the source
    leads to an entry. ``read_by`` are places that read them for something else. How much they would tell is not measured
    here. A path that could not be followed (see the architecture's ``not_followed``) may hide a use."""
    flows = study.architecture.to_json()["data_flow"]
    used = {f["column"] for f in flows if ENTRIES & set(f["reaches"])}
    gaps = []
    for role in ROLES:
        columns = sorted({c for m in study.markets.values() for c in m.columns_of(role)})
        if not columns or used & set(columns):
            continue
        gaps.append(
            {
                "role": role,
                "columns": columns,
                "symbols": sorted(s for s, m in study.markets.items() if m.columns_of(role)),
                "read_by": sorted({f"{f['file']}:{f['line']}" for f in flows if f["column"] in columns}),
            }
        )
    return gaps
