"""Cross-pollination: what held on one symbol becomes a hypothesis about its neighbours, written down before any test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from memory.documents import Json
from memory.knowledge_lesson import asset, digest
from memory.ledger import Ledger
from memory.store import Store
from tools.contracts import Floats, Market

KIND, SETTLED = "hypothesis", ("alpha_settled", "verdict")
_DAY_NS = 86_400_000_000_000


def neighbours(markets: Mapping[str, Market], most: int) -> dict[str, list[str]]:
    """Symbol -> the others whose daily returns go with its own most closely, at most ``most``; ties by name."""
    daily = {symbol: _daily(market) for symbol, market in markets.items()}
    found = {}
    for symbol in sorted(markets):
        near = {other: _correlation(daily[symbol], daily[other]) for other in markets if other != symbol}
        found[symbol] = sorted(near, key=lambda other: (-near[other], other))[:most]
    return found


def transfers(lesson: Json, near: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The hypotheses that a lesson suggests about the neighbours of its symbols, those that it already covers left out."""
    covered = {asset(s) for s in lesson["symbols"]}
    named = {asset(s): s for s in near}
    found: dict[str, dict[str, Any]] = {}
    for symbol in lesson["symbols"]:
        for other in near.get(named.get(asset(symbol), symbol), ()):
            if asset(other) not in covered:
                found.setdefault(other, _transfer(lesson, other))
    return list(found.values())


def register(store: Store, ledger: Ledger, hypothesis: dict[str, Any]) -> dict[str, Any] | None:
    """Write a hypothesis into the ledger, nothing spent; None where it, or its test, is there already."""
    if any(_is_about(entry.body, hypothesis["spec_hash"]) for entry in ledger.entries(KIND)):
        return None
    fresh: list[int] = []

    def note() -> int:
        fresh.append(ledger.append(KIND, hypothesis).seq)
        return fresh[0]

    seq = store.once("transfer", "register", hypothesis["id"], note)
    return {**hypothesis, "registered": seq} if fresh else None


def success(ledger: Ledger) -> dict[str, Any]:
    """How transferred hypotheses fared: ``registered``, ``tested`` (with a verdict other than untestable), ``supported``,
    and their ``rate``, None before the first test."""
    ours = {e.body["spec_hash"]: e.body["id"] for e in ledger.entries(KIND) if "transferred_from" in e.body}
    verdicts: dict[str, str] = {}
    for kind in SETTLED:
        for entry in ledger.entries(kind):
            known = entry.body.get("spec_hash") in ours or entry.body.get("id") in ours.values()
            if known and entry.body.get("verdict") not in (None, "untestable"):
                verdicts[str(entry.body.get("spec_hash") or entry.body["id"])] = str(entry.body["verdict"])
    supported = sum(verdict == "supported" for verdict in verdicts.values())
    rate = supported / len(verdicts) if verdicts else None
    return {"registered": len(ours), "tested": len(verdicts), "supported": supported, "rate": rate}


def _transfer(lesson: Json, symbol: str) -> dict[str, Any]:
    spec, spec_hash = _spec(lesson, symbol)
    claim = f"{symbol}: what held on {', '.join(lesson['symbols'])} holds here too: {lesson['text']}"
    return {
        "id": digest([lesson.get("claim") or lesson["text"], symbol])[:10],
        "claim": claim,
        "asked": lesson.get("asked") or lesson["text"],
        "spec": spec,
        "spec_hash": spec_hash,
        "symbols": [symbol],
        "status": "registered",
        "alpha_spent": 0.0,
        "transferred_from": {
            "learning": lesson["id"],
            "symbols": lesson["symbols"],
            "effect": lesson.get("effect"),
        },
    }


def _spec(lesson: Json, symbol: str) -> tuple[dict[str, Any], str]:
    """The lesson's own spec on another symbol, with the hash under which its test will be found."""
    from tools.discovery.errors import DiscoveryError
    from tools.discovery.spec import HypothesisSpec

    known = lesson.get("spec") or {}
    if known.get("template"):
        try:
            moved = HypothesisSpec.from_json({**known, "scope": [symbol]})
            return moved.to_json(), moved.sha256
        except DiscoveryError:
            known = {}  # of an older kind: the words are what is left of it
    spec = {**known, "kind": "transfer", "text": lesson["text"], "symbols": [symbol]}
    return spec, digest(spec)


def _is_about(body: Json, spec_hash: str) -> bool:
    return isinstance(body, dict) and body.get("spec_hash") == spec_hash


def _daily(market: Market) -> dict[int, float]:
    """Day number -> log return between the last closes of that day and the one before it."""
    days = market.time // _DAY_NS
    last = np.flatnonzero(np.r_[days[1:] != days[:-1], True]) if len(days) else np.empty(0, np.int64)
    closes: Floats = np.log(market.columns["close"][last])
    return dict(zip(days[last][1:].tolist(), np.diff(closes).tolist(), strict=True))


def _correlation(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    """Over the days that both have; -1 where they are too few or flat, so that such a symbol comes last."""
    shared = sorted(one.keys() & other.keys())
    a, b = (np.array([side[day] for day in shared]) for side in (one, other))
    if len(shared) < 5 or not (a.std() > 0 and b.std() > 0):
        return -1.0
    return float(np.corrcoef(a, b)[0, 1])
