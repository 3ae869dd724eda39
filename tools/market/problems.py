"""What can be wrong with a market, and the error that says so in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from tools.contracts import MendelError


class ProblemCode(StrEnum):
    """The kinds of problem that :func:`tools.market.validate` finds."""

    TOO_SHORT = "too_short"
    TIME_MISSING = "time_missing"
    UNSORTED = "unsorted"
    DUPLICATE = "duplicate"
    TIMEFRAME = "timeframe"
    IRREGULAR = "irregular"
    GAP = "gap"
    PRICE = "price"
    HIGH_LOW = "high_low"
    NEGATIVE_VOLUME = "negative_volume"
    NOT_FINITE = "not_finite"


_MEND = "mendel data check FILE --repair --to FOLDER"
#: What a person can do about each kind.
REMEDIES = {
    ProblemCode.TOO_SHORT: "give a file with at least 2 bars",
    ProblemCode.TIME_MISSING: f"to drop these rows: {_MEND}",
    ProblemCode.UNSORTED: f"to sort by time: {_MEND}",
    ProblemCode.DUPLICATE: f"to keep the last row of each time: {_MEND}",
    ProblemCode.TIMEFRAME: "set [data].timeframe to what the bars are, or resample the file",
    ProblemCode.IRREGULAR: "resample the file; --repair cannot guess the bars",
    ProblemCode.GAP: f"fetch the missing bars, or fill them with flat bars of volume 0: {_MEND}, or set [data] repair",
    ProblemCode.PRICE: f"to replace these rows by flat bars of volume 0: {_MEND}",
    ProblemCode.HIGH_LOW: f"to replace these rows by flat bars of volume 0: {_MEND}",
    ProblemCode.NEGATIVE_VOLUME: f"to set these to 0: {_MEND}",
    ProblemCode.NOT_FINITE: f"to mark these as unknown (NaN): {_MEND}",
}


@dataclass(frozen=True)
class Problem:
    """One kind of problem. ``count`` rows have it, the first of them at ``time_ns`` (UTC, None where the row
    has no time); ``value`` is what was found there, in words."""

    code: ProblemCode
    count: int
    time_ns: int | None
    value: str

    @property
    def detail(self) -> str:
        """The problem in words, without the remedy."""
        where = "" if self.time_ns is None else f", first at {utc_text(self.time_ns)}"
        return f"{counted(self.count, self.value)}{where}"


class MarketError(MendelError):
    """Market data that cannot be used: one line with file, first offending time and remedy."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotCandlesError(MarketError):
    """A table that holds something else."""


def counted(count: int, words: str) -> str:
    """``3 rows without a time``, ``1 row without a time``: ``words`` has its first noun in the plural."""
    if count == 1:
        words = re.sub(r"(row|bar|time|value)s", r"\1", words, count=1)
    return f"{count} {words}"


def utc_text(time_ns: int) -> str:
    """``2025-07-04 12:30 UTC``, with seconds only where there are some."""
    stamp = pd.Timestamp(time_ns, unit="ns", tz="UTC")
    return stamp.strftime("%Y-%m-%d %H:%M:%S UTC" if stamp.second else "%Y-%m-%d %H:%M UTC")


def error_about(source: str, symbol: str, problems: Sequence[Problem]) -> MarketError:
    """The error for a market that has ``problems`` (at least one)."""
    first, more = problems[0], problems[1:]
    others = f" (also: {', '.join(problem.code for problem in more)})" if more else ""
    return MarketError(f"{source}: {symbol}: {first.detail}{others}; {REMEDIES[first.code]}", problems)
