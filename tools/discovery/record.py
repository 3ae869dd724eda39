"""Hypotheses in the ledger: the claim and the alpha it costs before the test, the result after it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from memory.ledger import Entry, Ledger
from tools.contracts import Market
from tools.discovery.result import HypothesisResult
from tools.records import jsonable
from tools.statistics.online import SETTLED, AlphaLedger, Spent

CLAIM = "hypothesis"


def data_hash(markets: Mapping[str, Market]) -> str:
    """sha256 over the bars of ``markets``: every time and value, whatever file they came from."""
    digest = hashlib.sha256()
    for name in sorted(markets):
        market = markets[name]
        digest.update(f"{name}/{market.timeframe_minutes}/{len(market)}".encode())
        digest.update(np.ascontiguousarray(market.time).tobytes())
        for column in sorted(market.columns):
            digest.update(column.encode())
            digest.update(np.ascontiguousarray(market.columns[column]).tobytes())
    return digest.hexdigest()


class HypothesisRecord:
    """The hypotheses of one ledger."""

    def __init__(self, ledger: Ledger, *, strict: bool = False) -> None:
        self.ledger = ledger
        self.alpha = AlphaLedger(ledger, strict=strict)

    def answered(self, spec_hash: str, data: str) -> HypothesisResult | None:
        """The result of the same spec on the same bars, if it was ever computed."""
        for entry in reversed(self.ledger.entries(SETTLED)):
            if entry.body.get("spec_hash") == spec_hash and entry.body.get("data") == data:
                return HypothesisResult.from_json(self._shown(entry))
        return None

    def results(self) -> list[HypothesisResult]:
        """Every result, the oldest first."""
        return [
            HypothesisResult.from_json(self._shown(e))
            for e in self.ledger.entries(SETTLED)
            if "result" in e.body
        ]

    def begin(self, asked: str, spec: Mapping[str, Any], spec_hash: str, data: str, stream: str) -> Spent:
        """Write the claim and spend the level for it, before anything is known of its outcome."""
        identity = {"spec_hash": spec_hash, "data": data}
        claim = {"kind": CLAIM, "asked": asked, "spec": dict(spec), "stream": stream, **identity}
        return self.alpha.spend(stream, identity, before=claim)

    def finish(self, spent: Spent, result: HypothesisResult, data: str) -> HypothesisResult:
        """Write the result; what it returns knows its entries, the time and the stream's next level."""
        document = jsonable(result.to_json())
        body = {"spec_hash": result.spec_hash, "data": data, "verdict": result.verdict, "result": document}
        self.alpha.settle(spent, 1.0 if result.p is None else result.p, body)
        entry = self.ledger.entries(SETTLED, spent.seq)[-1]
        return HypothesisResult.from_json(self._shown(entry))

    def _shown(self, entry: Entry) -> dict[str, Any]:
        numbers = {"spent": int(entry.body["spent"]), "result": entry.seq}
        return {**entry.body["result"], "ledger": numbers, "asked_at": entry.time}
