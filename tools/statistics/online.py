"""Errors over an endless loop: how small a p-value has to be, given everything that was asked before.

The levels are those of LORD++ (Ramdas, Zrnic, Wainwright & Jordan 2017; package ``online-fdr``), or in strict mode of
LOND under arbitrary dependence (Javanmard & Montanari 2015). A level is spent, by an entry in the hash-chained
ledger, before its result is seen; a result that never came counts as spent and lost. SAFFRON and ADDIS break under
dependence and are not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from memory.ledger import Entry, Ledger
from tools.statistics.errors import StatisticsError

SPENT, SETTLED = "alpha_spent", "alpha_settled"
LORD, LOND = "lord++", "lond-dependent"
ASSUMPTION = {
    LORD: "LORD++ at 5 %: the false discovery rate is controlled where a test's p-value does not depend on earlier "
    "ones of its stream; tests on the same bars do, so the level was measured under block dependence (0.03)",
    LOND: "LOND at 5 %, corrected for any dependence between tests",
}
_FDR, _WEALTH = 0.05, 0.025


class _Procedure(Protocol):
    def test_one(self, p_val: float, /) -> bool: ...

    @property
    def last_test_level(self) -> float | None: ...


@dataclass(frozen=True)
class Spent:
    """A level taken from a stream. ``seq`` is its ledger entry; ``index`` counts the stream's tests from 1."""

    stream: str
    seq: int
    index: int
    level: float


class AlphaLedger:
    """The streams of one ledger: one for each class of claim, never reset. The ledger belongs to one system."""

    def __init__(self, ledger: Ledger, *, strict: bool = False) -> None:
        self.ledger, self.procedure = ledger, LOND if strict else LORD

    def next_level(self, stream: str) -> float:
        """The level that the next test of ``stream`` would get. Raises StatisticsError as :meth:`spend`."""
        return self._next(self._history(stream))

    def level_after(self, stream: str, spent: Spent, p: float) -> float:
        """The level that the next test of ``stream`` will get once ``spent`` is settled with ``p``."""
        history = self._history(stream)
        history[spent.index - 1] = p <= spent.level
        return self._next(history)

    def spend(
        self, stream: str, body: Mapping[str, Any], *, before: Mapping[str, Any] | None = None
    ) -> Spent:
        """Take the next level of ``stream``, written in a transaction of its own; it is gone, whatever happens next.

        ``body`` says what is tested; ``before`` is a ledger entry (``kind`` and the rest) written just ahead of it in
        the same transaction: the claim. Raises StatisticsError where the stream was begun under another procedure."""
        _procedure(self.procedure)  # its import is slow: not while the store is held
        with self.ledger.store.transaction():
            if before is not None:
                self.ledger.append(str(before["kind"]), {k: v for k, v in before.items() if k != "kind"})
            history = self._history(stream)
            level, index = self._next(history), len(history) + 1
            taken = {**body, "stream": stream, "index": index, "level": level, "procedure": self.procedure}
            entry = self.ledger.append(SPENT, taken)
        return Spent(stream, entry.seq, index, level)

    def settle(self, spent: Spent, p: float, body: Mapping[str, Any] | None = None) -> bool:
        """Note the p-value that a spent level bought, with its result, and whether it is a discovery. Raises
        StatisticsError for a second answer to the same test."""
        if not 0.0 <= p <= 1.0:
            raise StatisticsError(f"p = {p} is no probability: settle with a p-value in [0, 1]")
        with self.ledger.store.transaction():
            if any(entry.body["spent"] == spent.seq for entry in self.ledger.entries(SETTLED, spent.seq)):
                raise StatisticsError(f"ledger entry {spent.seq} was settled before: spend anew")
            found = p <= spent.level
            note = {"spent": spent.seq, "stream": spent.stream, "p": p, "discovery": found}
            self.ledger.append(SETTLED, {**(body or {}), **note})
        return found

    def _history(self, stream: str) -> list[bool]:
        """Discovery or not for each level spent so far; one without an answer was lost."""
        spent = [entry for entry in self.ledger.entries(SPENT) if entry.body["stream"] == stream]
        self._same_procedure(stream, spent)
        won = {e.body["spent"] for e in self.ledger.entries(SETTLED) if e.body["discovery"]}
        return [entry.seq in won for entry in spent]

    def _same_procedure(self, stream: str, spent: list[Entry]) -> None:
        others = {str(entry.body["procedure"]) for entry in spent} - {self.procedure}
        if others:
            begun = others.pop()
            remedy = "leave --strict out" if begun == LORD else "use --strict"
            raise StatisticsError(
                f"the stream {stream!r} was begun under {begun}, and a switch would void it: {remedy}"
            )

    def _next(self, history: list[bool]) -> float:
        procedure = _procedure(self.procedure)
        for won in history:  # a decision that was taken stands, whatever was known when the level was set
            procedure.test_one(0.0 if won else 1.0)
        procedure.test_one(1.0)
        level = procedure.last_test_level
        return float(level) if level is not None else 0.0


def _procedure(name: str) -> _Procedure:
    # The methods' own modules: the package's front door imports everything.
    if name == LOND:
        from online_fdr.p_values.investing.lond.lond import Lond

        return Lond(_FDR, dependent=True)
    from online_fdr.p_values.investing.lord.plus_plus import LordPlusPlus

    return LordPlusPlus(_FDR, _WEALTH)
