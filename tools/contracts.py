"""The frozen values that flow between the rooms.

Times are ``int64`` nanoseconds since the epoch, UTC, at the *open* of the bar. Prices are in the quote
currency, volumes in the unit of their column, returns are fractions (0.01 = 1 %), costs are basis points
(``_bps``). A number that is not known is ``None`` with a reason beside it, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tools.errors import MendelError as MendelError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRICE_COLUMNS = ("open", "high", "low", "close")
#: What a role says about a column: how it scales when the market's size is scaled, and what it means.
ROLES = ("price", "volume", "quote_volume", "flow", "cumulative", "open_interest", "funding")
#: Roles that count an amount traded or held: they scale together when the market is made k times busier.
AMOUNT_ROLES = ("volume", "quote_volume", "flow", "cumulative", "open_interest")
#: The decision columns, in the order in which a child returns them. freqtrade's names.
DECISION_COLUMNS = (
    "enter_long",
    "exit_long",
    "enter_short",
    "exit_short",
    "size",
    "stop",
    "target",
    "trail",
    "max_bars",
)


@dataclass(frozen=True)
class Market:
    """One symbol's bars. Every column is float64 of the same length as ``time``; NaN = not known."""

    symbol: str
    timeframe_minutes: int
    time: Ints
    columns: Mapping[str, Floats]
    roles: Mapping[str, tuple[str, ...]]
    source: str = ""
    #: What loading dropped, renamed or repaired, one sentence each.
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    def frame(self) -> pd.DataFrame:
        """The bars as a strategy sees them: float columns, an unnamed UTC DatetimeIndex."""
        import pandas as pd

        index = pd.DatetimeIndex(self.time.view("datetime64[ns]")).tz_localize("UTC")
        return pd.DataFrame({name: values.copy() for name, values in self.columns.items()}, index=index)

    def cut(self, start: int, stop: int) -> Market:
        """Bars ``start:stop`` by position, columns copied."""
        columns = {name: values[start:stop].copy() for name, values in self.columns.items()}
        return replace(self, time=self.time[start:stop].copy(), columns=columns)

    def until(self, time_ns: int) -> Market:
        """The bars that open before ``time_ns``."""
        return self.cut(0, int(np.searchsorted(self.time, time_ns, side="left")))

    def with_columns(self, columns: Mapping[str, Floats]) -> Market:
        """The same bars with some columns replaced."""
        return replace(self, columns={**self.columns, **columns})

    def columns_of(self, *roles: str) -> tuple[str, ...]:
        """Names of the columns that have one of ``roles``."""
        return tuple(name for role in roles for name in self.roles.get(role, ()))


@dataclass(frozen=True)
class ExitPlan:
    """Resting orders that change while a position is held, the same for every position of a strategy.

    ``targets`` are (bars after the entry, distance from the entry price as a fraction): the nearest one that has
    begun rests, beside the decision's own. Once the price has been ``trail_after`` (a fraction) better than the
    entry, the stop trails at the distance ``trail_then``; 0 = the decision's own distance stays. With ``moves`` the
    ``stop`` of every row in which a position is held moves its stop to that distance from the row's best price (its
    high for a long, its low for a short), from the next bar on and only in the position's favour. With ``levels`` the
    ``stop`` and ``target`` of every row, entries too, are distances from that row's close, and rest on the next bar
    alone (0 = nothing rests): prices that are known when they are decided. It goes without ``targets`` and ``moves``."""

    targets: tuple[tuple[int, float], ...] = ()
    trail_after: float = 0.0
    trail_then: float = 0.0
    moves: bool = False
    levels: bool = False


@dataclass(frozen=True)
class Decisions:
    """What a strategy decided at each bar's close. ``values`` is float64 of shape (bars, 9), the columns
    being DECISION_COLUMNS. The first four are 0 or 1; ``size`` is a fraction of equity in (0, 1], default 1;
    ``stop``, ``target`` and ``trail`` are distances from the entry price as fractions, ``max_bars`` a count
    of bars; NaN or 0 = off."""

    symbol: str
    values: Floats
    plan: ExitPlan = ExitPlan()
    #: What of the strategy's wishes was not followed as written, a sentence each.
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Floats:
        """One decision column."""
        return self.values[:, DECISION_COLUMNS.index(name)]

    def entries(self) -> NDArray[np.int8]:
        """+1 where a long is asked for, -1 a short, 0 none or both (the kernel takes neither)."""
        long, short = self.column("enter_long") > 0, self.column("enter_short") > 0
        return long.astype(np.int8) - short.astype(np.int8)


@dataclass(frozen=True)
class Costs:
    """What trading costs, and what the venue lends. Rates per side, in basis points of the notional.

    ``leverage`` is the notional that one unit of isolated margin carries; a position whose worth falls to
    ``maintenance_margin`` (a fraction of its notional) is liquidated."""

    maker_bps: float = 2.0
    taker_bps: float = 5.0
    slippage_bps: float = 1.0
    funding: bool = True
    leverage: float = 1.0
    maintenance_margin: float = 0.005


class ExitReason(StrEnum):
    """Why a trade ended."""

    SIGNAL = "signal"
    STOP = "stop"
    TARGET = "target"
    TRAIL = "trail"
    TIME = "time"
    LIQUIDATION = "liquidation"
    OPEN = "open"  # still open on the last bar: marked, not closed


@dataclass(frozen=True)
class Trade:
    """One round trip. Prices after slippage; ``fees``, ``funding`` and ``pnl`` in quote currency; pnl is net."""

    symbol: str
    side: int
    entry_bar: int
    exit_bar: int
    entry_time_ns: int
    exit_time_ns: int
    quantity: float
    entry_price: float
    exit_price: float
    fees: float
    funding: float
    pnl: float
    reason: ExitReason

    @property
    def closed(self) -> bool:
        """Whether it has ended; the last one of an account may be open."""
        return self.reason is not ExitReason.OPEN

    @property
    def net_bps(self) -> float:
        """Net P&L in basis points of the entry's notional."""
        return 1e4 * self.pnl / (abs(self.quantity) * self.entry_price)


@dataclass(frozen=True)
class Metric:
    """A figure with its unit. ``value`` is None where it is not known, and ``why`` then says so."""

    name: str
    value: float | None
    unit: str
    n: int
    why: str = ""


@dataclass(frozen=True)
class Backtest:
    """One symbol's simulated account. ``equity`` is float64 of the bars' length, in quote currency, at each
    bar's close; ``time`` holds the bars' opens. The last trade may be open: its ``reason`` says so."""

    symbol: str
    initial_cash: float
    trades: tuple[Trade, ...]
    equity: Floats
    metrics: Mapping[str, Metric]
    ambiguous_bars: int = 0
    time: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    #: Bars whose decisions contradict each other (both entries, or an entry with its own exit): not entered.
    conflicting_bars: int = 0


class Severity(StrEnum):
    """How much a finding matters."""

    CRITICAL = "critical"  # decisions are wrong or from the future
    HIGH = "high"  # a part of the system does not work
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Finding:
    """A defect. Without a counterexample it is a *suspect*."""

    id: str
    category: str
    severity: Severity
    file: str
    line: int
    summary: str
    counterexample: Mapping[str, Any] = field(default_factory=dict)
    test: str | None = None
    #: What a codemod needs to know, JSON values only (gate text, reference rate, window, ...).
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def convicted(self) -> bool:
        """Whether an input is known on which the system misbehaves."""
        return bool(self.counterexample)


class GateVerdict(StrEnum):
    """What a gate says. ``report`` gates inform and never block."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    UNDERPOWERED = "underpowered"
    REPORT = "report"


@dataclass(frozen=True)
class Verdict:
    """One gate's answer about one patch, with its evidence (JSON values only)."""

    name: str
    verdict: GateVerdict
    evidence: Mapping[str, Any] = field(default_factory=dict)


class PatchKind(StrEnum):
    """What a patch claims to be; each kind has its own gates."""

    FIX = "fix"
    REFACTOR = "refactor"
    ENHANCEMENT = "enhancement"
    TUNING = "tuning"


class PatchStatus(StrEnum):
    """Where a patch is in its life."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    AWAITING_APPROVAL = "awaiting_approval"
    REJECTED = "rejected"
    APPLIED = "applied"
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    ROLLED_BACK = "rolled_back"
    EXPIRED = "expired"

    @property
    def stands(self) -> bool:
        """Whether the person's files hold the patch."""
        return self in (PatchStatus.APPLIED, PatchStatus.PROVISIONAL, PatchStatus.CONFIRMED)


@dataclass(frozen=True)
class Patch:
    """One change to the system's source. ``base`` and ``bundle`` are bundle hashes; ``digest`` is what a
    person approves: the sha256 over base, bundle and diff."""

    id: str
    kind: PatchKind
    status: PatchStatus
    digest: str
    base: str
    bundle: str
    files: tuple[str, ...]
    diff: str
    rationale: str
    finding: str | None = None
    gates: tuple[Verdict, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    #: Questions that only a person can answer yes to, in words (exposure consent).
    consent: tuple[str, ...] = ()
    created: str = ""
