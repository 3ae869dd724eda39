"""The questions that are asked of any market when nobody names one."""

from __future__ import annotations

from collections.abc import Mapping

from tools.contracts import Market
from tools.discovery.compile import compile_claim
from tools.discovery.errors import UntestableError
from tools.discovery.templates.registry import TEMPLATES


def standard_claims(markets: Mapping[str, Market]) -> list[str]:
    """The example of every class of claim that some market has the columns for."""
    kept = []
    for template in TEMPLATES:
        try:
            compile_claim(template.example, markets)
        except UntestableError:
            continue
        kept.append(template.example)
    return kept
