"""Finds the tested idea behind a change in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memory.ledger import Ledger
from tools.discovery.record import HypothesisRecord


def tested_idea(ledger: Ledger, mechanism: Mapping[str, str]) -> dict[str, Any] | None:
    """The newest tested hypothesis that is about ``mechanism`` (fields of its spec), whatever came of it; None where there is
    none. JSON values, as HypothesisResult.to_json gives them."""
    if not mechanism:
        return None
    for result in reversed(HypothesisRecord(ledger).results()):
        spec = result.spec or {}
        if all(spec.get(name) == wanted for name, wanted in mechanism.items()):
            return result.to_json()
    return None
