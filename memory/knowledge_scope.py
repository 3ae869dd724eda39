"""Which lessons a question is about, as a condition in SQL over ``learnings``."""

from __future__ import annotations

from dataclasses import dataclass

from memory.documents import utc_now
from memory.knowledge_lesson import asset

Condition = tuple[str, list[str | int]]

#: When a lesson could be known: its outcome, or, where that is not told, the moment at which it was written down.
KNOWN = "coalesce(outcome, created)"
LIVE = "forgotten IS NULL AND superseded_by IS NULL"


@dataclass(frozen=True)
class Scope:
    """``symbols``: any of these, by what they trade (TON finds TONUSDT); ``general`` lets lessons about no symbol in too.
    ``as_of`` (UTC, as ``moment`` gives it): only what was known then, as it stood then. ``history``: superseded and
    expired lessons too. Forgotten ones are in no scope."""

    symbols: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    holds: bool | None = None
    as_of: str | None = None
    general: bool = False
    history: bool = False

    @property
    def everything(self) -> bool:
        """Whether it is every live lesson."""
        return self == Scope()

    def where(self) -> Condition:
        """The condition and its values."""
        parts = [self._time(), *self._tags()]
        if self.kinds:
            parts.append((f"kind IN ({_marks(self.kinds)})", list(self.kinds)))
        if self.holds is not None:
            parts.append(("json_extract(body, '$.holds') = ?", [int(self.holds)]))
        return " AND ".join(f"({sql})" for sql, _ in parts), [v for _, values in parts for v in values]

    def _time(self) -> Condition:
        if self.history and self.as_of is None:
            return "forgotten IS NULL", []
        if self.as_of is None:
            now = utc_now()
            return (
                f"{LIVE} AND (valid_from IS NULL OR valid_from <= ?) AND (valid_to IS NULL OR valid_to > ?)",
                [now, now],
            )
        newer = "(SELECT coalesce(later.outcome, later.created) FROM learnings later WHERE later.id = learnings.superseded_by)"
        standing = f"(superseded_by IS NULL OR {newer} > ?) AND (valid_from IS NULL OR valid_from <= ?)"
        standing += " AND (valid_to IS NULL OR valid_to > ?)"
        sql = f"forgotten IS NULL AND {KNOWN} <= ?"
        return (sql, [self.as_of]) if self.history else (f"{sql} AND {standing}", [self.as_of] * 4)

    def _tags(self) -> list[Condition]:
        conditions: list[Condition] = []
        for axis, wanted in (
            ("asset", [asset(s) for s in self.symbols]),
            ("regime", [r.casefold() for r in self.regimes]),
        ):
            if not wanted:
                continue
            about = f"id IN (SELECT learning FROM learning_tags WHERE axis = '{axis}' AND value IN ({_marks(wanted)}))"
            anywhere = f"id NOT IN (SELECT learning FROM learning_tags WHERE axis = '{axis}')"
            conditions.append((f"{about} OR {anywhere}" if self.general else about, list(wanted)))
        return conditions


def _marks(values: tuple[str, ...] | list[str]) -> str:
    return ",".join("?" * len(values))
