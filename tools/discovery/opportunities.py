"""Where to look next, from what the system earns and what was never asked. Suggestions: nothing is tested here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tools.contracts import Market
from tools.discovery.compile import compile_claim
from tools.discovery.errors import DiscoveryError, UntestableError
from tools.discovery.principles import Principle
from tools.discovery.templates.registry import TEMPLATES

#: A symbol with fewer trades than this share of the median is quiet.
_QUIET = 0.1
_FEW_TRADES = 10


def find_opportunities(
    performance: Mapping[str, Any],
    markets: Mapping[str, Market],
    asked: Sequence[str],
    principles: Sequence[Principle],
) -> list[dict[str, Any]]:
    """``[{"kind", "symbols", "text", "next"}]``, the most concrete first.

    ``performance`` has the shape of ``mendel backtest --json``; ``asked`` are the classes of claim that were tested.
    Raises DiscoveryError where it has no ``symbols``."""
    symbols = performance.get("symbols")
    if not isinstance(symbols, Mapping):
        raise DiscoveryError("performance has no 'symbols': give what `mendel backtest --json` prints")
    known = {name: figures for name, figures in symbols.items() if isinstance(figures, Mapping)}
    return [*_quiet(known), *_costs(known), *_principles(principles), *_unasked(markets, asked)]


def _quiet(known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    trades = {name: figures.get("trades") for name, figures in known.items()}
    counted = [n for n in trades.values() if n is not None]
    usual = median(counted) if counted else 0
    if usual < _FEW_TRADES:
        return []
    quiet = sorted(name for name, n in trades.items() if n is not None and n < _QUIET * usual)
    return [
        _opportunity(
            "silence",
            [name],
            f"{name} trades {trades[name]} times where the median symbol trades {usual:g} times",
            f"mendel why-silent {name}",
        )
        for name in quiet
    ]


def _costs(known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Symbols that earn before costs and lose after them."""
    found = []
    for name, figures in sorted(known.items()):
        gross, net, trades = (
            figures.get("gross_return"),
            figures.get("net_return"),
            figures.get("trades") or 0,
        )
        if gross is not None and net is not None and gross > 0 > net and trades >= _FEW_TRADES:
            text = f"{name} earns {gross:+.1%} before costs and {net:+.1%} after them, over {trades} trades"
            found.append(
                _opportunity("costs", [name], text, "trade less often: a claim that filters entries")
            )
    return found


def _principles(principles: Sequence[Principle]) -> list[dict[str, Any]]:
    return [
        _opportunity("principle", list(p.scope), p.text, "an enhancement that uses it, through its gates")
        for p in principles
    ]


def _unasked(markets: Mapping[str, Market], asked: Sequence[str]) -> list[dict[str, Any]]:
    """Classes of claim that these markets could answer and that nobody tested."""
    found = []
    for template in TEMPLATES:
        if template.name in asked:
            continue
        try:
            compiled = compile_claim(template.example, markets)
        except UntestableError:
            continue
        text = f"the market has what it takes to test {template.title}, and it was never tested"
        found.append(
            _opportunity(
                "hypothesis", list(compiled.spec.scope), text, f'mendel hypothesis "{template.example}"'
            )
        )
    return found


def _opportunity(kind: str, symbols: list[str], text: str, following: str) -> dict[str, Any]:
    return {"kind": kind, "symbols": symbols, "text": text, "next": following}
