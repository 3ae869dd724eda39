"""One evaluation of a system that has just been attached: what it decided, what it read, and what could not be offered."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sandbox.host.contracts import Outcome, SandboxPlace, Status
from sandbox.host.sandbox import Sandbox
from tools.contracts import DECISION_COLUMNS, Costs, Decisions, Market, MendelError
from tools.market.roles import guess_roles
from tools.system.adapters.registry import reporter_for
from tools.system.bundles import BundleStore
from tools.system.columns_read import columns_read
from tools.system.markets import SystemMarkets, load_system_markets
from tools.system.runner import Decided, Runner
from tools.system.system import System

#: A dry run is a look, not a judgement: the newest bars before the vault, and not long.
MOST_BARS = 10_000
_SECONDS = 20.0
_MOST_COLUMNS = 8
_NO_KEY = re.compile(r"^KeyError: '([^':]{1,80})[':]")
_NO_KEYS = re.compile(r"^KeyError: [\"']\[(.{1,200}?)\] not (?:in index|found)")
_NO_ATTRIBUTE = re.compile(r"^AttributeError: 'DataFrame' object has no attribute '([^']{1,80})'")
_NO_PRICE = re.compile(r"^(?:AttributeError|KeyError): [\"']?the data has no column '([^']{1,80})'")
_NO_MODULE = re.compile(r"No module named '([\w.]{1,80})'")

#: How many trades decisions make on a market.
CountTrades = Callable[[Market, Decisions, Costs], int]


@dataclass(frozen=True)
class DryRun:
    """What one evaluation showed. ``status`` is the sandbox's word, ``bad data`` where no market could be loaded, or
    ``bad setting``. Where it is not ``ok``, ``decisions``, ``trades`` and ``columns_read`` are None and ``reason`` is one
    line. ``decisions`` counts the bars on which a decision column says something; ``columns_read`` is also None where
    two runs did not decide alike."""

    status: str
    reason: str
    synthetic: bool
    symbol: str = ""
    timeframe_minutes: int = 0
    bars: int = 0
    decisions: Mapping[str, int] | None = None
    trades: int | None = None
    columns: tuple[str, ...] = ()
    columns_read: tuple[str, ...] | None = None
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stub_calls: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def missing_module(self) -> str | None:
        """The package whose absence ended it."""
        found = _NO_MODULE.search(self.reason) if self.status != Status.OK else None
        return found[1].partition(".")[0] if found else None

    @property
    def missing_variable(self) -> str | None:
        """The environment variable, if it was one, whose absence ended it."""
        found = _NO_KEY.match(self.reason) if self.status != Status.OK else None
        return found[1] if found else None


def dry_run(
    system: System,
    count_trades: CountTrades,
    *,
    made_up: str | None = None,
    variables: frozenset[str] = frozenset(),
) -> DryRun:
    """Evaluate ``system`` once on the symbol with the most bars, and on a second one where nothing is decided there.
    Nothing that goes wrong is raised: it is the answer. ``made_up`` is the glob of data that were made up for it;
    ``variables`` are environment variables that its source reads."""
    started = time.monotonic()
    try:
        data = load_system_markets(system, data=made_up)
    except MendelError as error:
        return DryRun("bad data", str(error), made_up is not None, seconds=time.monotonic() - started)
    try:
        if reporter_for(system) is not None:
            found = _reported(system, data, made_up)
        else:
            found = _evaluated(system, data, count_trades, variables)
    except MendelError as error:
        found = DryRun("bad setting", str(error), False)
    return replace(found, synthetic=made_up is not None, seconds=time.monotonic() - started)


def _markets(data: SystemMarkets) -> list[Market]:
    """Two symbols, the longest first, the newest bars of each."""
    longest = sorted(data.markets.values(), key=lambda m: (-len(m), m.symbol))[:2]
    return [market.cut(max(0, len(market) - MOST_BARS), len(market)) for market in longest]


def _evaluated(
    system: System, data: SystemMarkets, count_trades: CountTrades, variables: frozenset[str]
) -> DryRun:
    store = BundleStore(system.bundles)
    bundle = store.snapshot(system)
    limits = system.config.sandbox.limits()
    short = replace(
        limits,
        wall_seconds=min(limits.wall_seconds, _SECONDS),
        cpu_seconds=min(limits.cpu_seconds, math.ceil(_SECONDS)),
    )
    place = SandboxPlace(system.bundles, system.python)
    with Sandbox(place, limits=short, zygotes=system.config.sandbox.zygotes) as sandbox:
        runner = Runner(system, sandbox, store)
        market, decided, passed = _decided(runner, bundle, _markets(data))
        missing, decided = _without_columns(runner, bundle, market, decided, variables)
        seen = _seen(market, decided.outcome, missing)
        if seen.status == Status.TIMEOUT and short.wall_seconds < limits.wall_seconds:
            why = f"{seen.reason}, which is all that a dry run waits; elsewhere [sandbox] wall_s counts"
            seen = replace(seen, reason=why)
        if decided.decisions is None or missing:
            return seen
        read, notes = columns_read(runner, bundle, market, decided)
    return replace(
        seen,
        decisions=_counts(decided.decisions),
        trades=count_trades(market, decided.decisions, system.config.costs.costs()),
        columns_read=read,
        notes=(*passed, *decided.decisions.notes, *notes),
    )


def _decided(runner: Runner, bundle: str, markets: list[Market]) -> tuple[Market, Decided, tuple[str, ...]]:
    """The first market and what was decided on it; the second where that is more."""
    first = runner.decide(bundle, markets[0])
    if first.decisions is None or first.decisions.entries().any() or len(markets) < 2:
        return markets[0], first, ()
    second = runner.decide(bundle, markets[1])
    if second.decisions is None or not second.decisions.entries().any():
        return markets[0], first, ()
    return markets[1], second, (f"{markets[0].symbol}: nothing was decided there",)


def _seen(market: Market, outcome: Outcome, missing: tuple[str, ...]) -> DryRun:
    reason = " ".join(outcome.reason.split())
    return DryRun(
        str(outcome.status),
        reason,
        synthetic=False,
        symbol=market.symbol,
        timeframe_minutes=market.timeframe_minutes,
        bars=len(market),
        columns=tuple(market.columns),
        roles={role: tuple(names) for role, names in market.roles.items() if names},
        missing={"columns": missing} if missing else {},
        stub_calls=outcome.stub_calls,
    )


def _counts(decisions: Decisions) -> dict[str, int]:
    """Bars with a signal, or with a size other than all, or with a stop and the like."""
    found = {}
    for name in DECISION_COLUMNS:
        values = decisions.column(name)
        neutral = 1.0 if name == "size" else 0.0
        found[name] = int(np.count_nonzero(np.isfinite(values) & (values != neutral)))
    return found


def _without_columns(
    runner: Runner, bundle: str, market: Market, first: Decided, variables: frozenset[str]
) -> tuple[tuple[str, ...], Decided]:
    """(columns that the strategy wants and the market has not, the first answer). To find more than one, each is
    made up in turn; what is decided on such bars is not looked at."""
    missing: list[str] = []
    answer, filled = first, market
    while len(missing) < _MOST_COLUMNS:
        new = [name for name in _wanted(answer) if name not in filled.columns and name not in variables]
        if not new:
            break
        missing += new
        filled = filled.with_columns({name: _made_up(market, name) for name in new})
        answer = runner.decide(bundle, filled)
    return tuple(missing), first


def _wanted(answer: Decided) -> list[str]:
    """Columns that a failure says are not there."""
    reason = answer.outcome.reason if answer.decisions is None else ""
    found = _NO_PRICE.match(reason) or _NO_KEY.match(reason) or _NO_ATTRIBUTE.match(reason)
    if found:
        return [found[1]]
    several = _NO_KEYS.match(reason)
    return re.findall(r"'([^']{1,80})'", several[1]) if several else []


def _made_up(market: Market, name: str) -> Any:
    """Values that a column of that name could have."""
    amounts = market.columns_of("volume")
    like = amounts[0] if amounts and guess_roles([name]) else "close"
    return market.columns[like].copy()


def _reported(system: System, data: SystemMarkets, made_up: str | None) -> DryRun:
    """A command reports figures, no decisions: whether it ran, and how many trades it names."""
    adapter = reporter_for(system)
    assert adapter is not None
    bundle = BundleStore(system.bundles).snapshot(system)
    place = SandboxPlace(system.bundles, system.python)
    ran = adapter.reports(system, place, bundle, data, pattern=made_up)[0]
    seen = _seen(_markets(data)[0], Outcome(Status.REJECTED if ran.why else Status.OK, ran.why), ())
    figures = {f["name"]: f["value"] for f in ran.reading.get("figures", [])}
    said = ", ".join(f"{name} {value:g}" for name, value in figures.items() if value is not None)
    trades = figures.get("trades")
    note = f"the command reports figures, and no decisions: {said or 'none that is known'}"
    return replace(seen, trades=None if trades is None else int(trades), notes=() if ran.why else (note,))
