"""The parts of the page as plain values: what the templates show, worked out beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mendel.report import charts, counterexample, evidence, facts, words
from mendel.report.compare import Comparison, compare
from mendel.report.diff import read_diff
from mendel.report.facts import Cycle
from mendel.report.flow import picture
from mendel.report.flow_svg import drawn
from mendel.report.pictures import Picture, pictures
from mendel.report.regimes import by_regime, losses
from mendel.report.story import edge
from mendel.report.tried import luckless, stopped_by
from mendel.report.values import Document, number, rows, table, text, texts


@dataclass(frozen=True)
class Bill:
    """What the condition costs one symbol; None where not known."""

    symbol: str
    pass_rate: float | None
    trades: float | None
    trades_if_open: float | None

    @property
    def lost(self) -> float | None:
        """Trades that the condition prevents."""
        if self.trades is None or self.trades_if_open is None:
            return None
        return self.trades_if_open - self.trades


@dataclass(frozen=True)
class Costs:
    """The bills, the most open symbol first; ``top`` ends the trade bars, ``lost`` sums over all symbols."""

    rows: tuple[Bill, ...]
    starved: frozenset[str]
    top: float
    lost: float | None


def finding_view(cycle: Cycle, finding: Document) -> dict[str, Any]:
    repair = next((p for p in cycle.patches if p.get("finding") == finding.get("id")), None)
    return {
        "id": text(finding.get("id")),
        "category": text(finding.get("category")),
        "severity": text(finding.get("severity")),
        "place": facts.place(finding),
        "summary": words.dated(text(finding.get("summary"))),
        "test": finding.get("test"),
        "counterexample": counterexample.explain(finding),
        "condition": next(iter(texts(table(finding.get("counterexample")).get("conditions"))), ""),
        "starved": facts.starved_by(finding),
        "patch": None
        if repair is None
        else {"id": text(repair.get("id")), "status": text(repair.get("status"))},
    }


def costs_view(finding: Document | None) -> Costs | None:
    """What a finding's condition costs each symbol, None where it was not measured."""
    costs = table(table((finding or {}).get("counterexample")).get("costs"))
    if not costs or finding is None:
        return None
    bills = [_bill(symbol, table(cost)) for symbol, cost in costs.items()]
    bills.sort(key=lambda b: (-(b.pass_rate or 0.0), b.symbol))
    lost = [b.lost for b in bills]
    return Costs(
        rows=tuple(bills),
        starved=frozenset(facts.starved_by(finding)),
        top=max(n or 0.0 for b in bills for n in (b.trades, b.trades_if_open)),
        lost=None if None in lost else sum(n for n in lost if n is not None),
    )


def _bill(symbol: str, cost: Document) -> Bill:
    return Bill(symbol, *(number(cost.get(k)) for k in ("pass_rate", "trades", "trades_if_open")))


def patch_view(cycle: Cycle, patch: Document) -> dict[str, Any]:
    change = compare(patch)
    sides = [side for row in change.rows for side in (row.before, row.after)]
    return {
        "id": text(patch.get("id")),
        "kind": text(patch.get("kind"), "change"),
        "folded": luckless(patch) or (patch.get("status") == "refused" and patch is not cycle.patches[0]),
        "stopped_by": stopped_by(patch),
        "status": text(patch.get("status")),
        "digest": text(patch.get("digest")),
        "rationale": text(patch.get("rationale"), ""),
        "created": patch.get("created"),
        "consent": facts.consent(patch),
        "commands": facts.commands(patch),
        "diff": read_diff(text(patch.get("diff"), "")),
        "change": change,
        "regimes": by_regime(patch, change),
        "top": max([s.trades or 0.0 for s in sides], default=0.0),
        "net_span": charts.span([s.net_return for s in sides]),
        "edge": edge(patch) if change.rows else "",
        "caveat": words.caveat(text(patch.get("status"))),
        "sums": _sums(change),
        "gates": evidence.gates(patch),
        "pictures": _pictures(cycle, patch),
        "looked": _looked(patch),
    }


def _pictures(cycle: Cycle, patch: Document) -> list[Picture]:
    home = text(table(cycle.result.get("system")).get("home"), "")
    looked = [g for g in rows(patch.get("gates")) if g.get("name") == "visual"]
    return [picture for gate in looked for picture in pictures(home, table(gate.get("evidence")))]


def _looked(patch: Document) -> dict[str, Any] | None:
    """What a model remarked on the pictures; None where none looked or nothing was remarked."""
    looked = table(patch.get("looked"))
    remarks = [text(r.get("text")) for r in rows(looked.get("remarks"))]
    return {"by": text(looked.get("by")), "remarks": remarks} if remarks else None


def _sums(change: Comparison) -> str:
    rose, fell, known = change.net()
    parts = []
    if change.trades_before is not None and change.trades_after is not None:
        parts.append(
            f"All symbols: {words.count(change.trades_before)} → {words.count(change.trades_after)} trades."
        )
    if known:
        parts.append(
            f"Net return after costs fell on {fell} and rose on {rose} of {words.plural(known, 'symbol')} where both are known."
        )
    return " ".join(parts)


def losses_view(cycle: Cycle) -> dict[str, Any] | None:
    """Where the system's losses sit by regime, as it was found; None where nobody looked."""
    sides = (table(patch.get("before")) for patch in cycle.patches)
    told = [table(side.get("failures")) for side in (cycle.result, *sides)]
    document = next((d for d in told if losses(d)), None)
    if document is None:
        return None
    return {
        "n": number(document.get("n")),
        "losers": number(document.get("losers")),
        "mean_bps": number(document.get("mean_bps")),
        "parts": losses(document),
    }


def flow_view(cycle: Cycle) -> dict[str, Any] | None:
    """The picture of the data flow; None where nothing could be read."""
    found = picture(table(cycle.result.get("architecture")))
    return None if found is None else {"svg": drawn(found), "note": found.note}


def waivers_view(cycle: Cycle) -> list[tuple[str, str]]:
    """(probe or gate, the person's reason)."""
    return [(name, text(reason)) for name, reason in table(cycle.result.get("waivers")).items()]


def prediction_view(hypothesis: Document) -> dict[str, Any]:
    spec, measured = table(hypothesis.get("spec")), table(hypothesis.get("measured"))
    verdict = text(hypothesis.get("verdict"))
    need = number(spec.get("min_trades"))
    results = [f"{s}: {words.count(number(n))} trades" for s, n in measured.items()]
    why = text(hypothesis.get("why"), "")
    return {
        "claim": text(hypothesis.get("claim")),
        "verdict": verdict,
        "registered": hypothesis.get("registered"),
        "measured": "; ".join(results)
        + (f" (at least {words.count(need)} were predicted)" if need is not None else "")
        if results
        else why,
        "spec": [(k.replace("_", " "), evidence.flatten(v)) for k, v in spec.items()],
    }


def looked(cycle: Cycle) -> list[tuple[str, str, str]]:
    """(name, figure, words) of what the cycle went over."""
    modules = table(cycle.result.get("architecture")).get("modules")
    known = [n for n in cycle.trades.values() if n is not None]
    shown = [("modules", len(modules), "module read")] if isinstance(modules, list) else []
    if cycle.trades:
        shown.append(("symbols", len(cycle.trades), "market replayed"))
    if known and len(known) == len(cycle.trades):
        shown.append(("trades", round(sum(known)), "trade as found"))
    shown.append(("findings", len(cycle.findings), "defect proven"))
    shown.append(("suspects", len(cycle.suspects), "suspect, unproven"))
    if cycle.patches:
        shown.append(("patches", len(cycle.patches), "change judged"))
    return [
        (name, words.count(n), label if n == 1 else re.sub(r"^\w+", r"\g<0>s", label))
        for name, n, label in shown
    ]
