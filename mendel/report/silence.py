"""Why a symbol is silent, as a funnel: each condition's pass rate here against elsewhere, the blocking one first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mendel.report.values import Document, number, rows, table, text

#: Conditions shown beside the blocking one; the others are folded away.
SHOWN = 6


@dataclass(frozen=True)
class Gate:
    """One condition. Rates are fractions; None = never asked. ``if_open`` is None where it was not tried."""

    place: str
    function: str
    condition: str
    opens_when: bool
    here: float | None
    elsewhere: float | None
    blocking: bool
    if_open: float | None


@dataclass(frozen=True)
class Funnel:
    """One silent symbol. ``first`` are the telling gates, the blocking one in front; ``rest`` in the order of the code."""

    symbol: str
    trades: float | None
    starved: bool
    busiest: tuple[str, float] | None
    blocking: Gate | None
    first: tuple[Gate, ...]
    rest: tuple[Gate, ...]


def funnel(symbol: str, why: Document) -> Funnel:
    """The funnel of one symbol."""
    gates = [_gate(gate) for gate in rows(why.get("gates"))]
    order = sorted(gates, key=lambda g: (not g.blocking, -_gap(g)))
    first = [g for g in order if g.blocking or g.if_open is not None or _gap(g) > 0.02][: SHOWN + 1]
    known = {s: n for s, v in table(why.get("trades_elsewhere")).items() if (n := number(v)) is not None}
    return Funnel(
        symbol=text(why.get("symbol"), symbol),
        trades=number(why.get("trades")),
        starved=bool(why.get("starved")),
        busiest=max(known.items(), key=lambda item: item[1]) if known else None,
        blocking=next((g for g in order if g.blocking), None),
        first=tuple(first),
        rest=tuple(g for g in gates if g not in first),
    )


def _gate(gate: dict[str, Any]) -> Gate:
    return Gate(
        place=f"{text(gate.get('file'))}:{text(gate.get('line'), '?')}",
        function=text(gate.get("function"), ""),
        condition=text(gate.get("condition")),
        opens_when=gate.get("opens_when") is not False,
        here=number(gate.get("pass_rate")),
        elsewhere=number(gate.get("pass_rate_elsewhere")),
        blocking=bool(gate.get("blocking")),
        if_open=number(gate.get("counterfactual_trades")),
    )


def _gap(gate: Gate) -> float:
    """How far the symbol falls behind the others, in fractions of all bars."""
    return (gate.elsewhere or 0.0) - (gate.here or 0.0)
