"""Which columns of a market a strategy reads: each is taken away, and what is then decided is compared."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from sandbox.host.contracts import Evaluation, Feed, Outcome, Status
from tools.contracts import PRICE_COLUMNS, Floats, Market
from tools.system.runner import Decided, Runner

#: A failure inside the system's own source, and not in what stands around it.
_PLACE = re.compile(r"\([^()]+\.py:\d+\)")
_ACCOUNT = "columns read: open, high, low and funding move the account, and so may count as read by a bot that asks for it"
_MOST_SECONDS = 8.0
_FEWEST_BARS = 600


def columns_read(
    runner: Runner, bundle: str, market: Market, decided: Decided
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """(the columns, in the market's order; notes). None where two runs on the same bars do not decide alike.

    A column is read when without it the strategy fails in its own source or decides otherwise. Where it cannot be
    left out (the account is kept by its prices, or the adapter needs it), it is changed a little instead."""
    part, notes = _short_enough(market, decided)
    evaluation = runner.adapter.evaluation(runner.system, bundle, part)
    names = [name for name in evaluation.columns if name in market.columns]
    asked = [_without(runner, bundle, part, evaluation, name) for name in names]
    base, again, *others = runner.sandbox.evaluate_many([evaluation, evaluation, *asked])
    if not _same(base, again):
        return None, (
            *notes,
            "two runs on the same bars do not decide alike: the columns that are read cannot be told",
        )
    read = {name for name, outcome in zip(names, others, strict=True) if _reacts(base, outcome)}
    doubtful = [
        name
        for name, outcome in zip(names, others, strict=True)
        if name not in read and not _same(base, outcome)
    ]
    changed = [_changed(runner, bundle, part, evaluation, name) for name in doubtful]
    for name, outcome in zip(doubtful, runner.sandbox.evaluate_many(changed), strict=True):
        read |= set() if _same(base, outcome) else {name}
    if evaluation.feed is Feed.STEPPED:
        notes = (*notes, _ACCOUNT)
    return tuple(name for name in market.columns if name in read), notes


def _short_enough(market: Market, decided: Decided) -> tuple[Market, tuple[str, ...]]:
    """The newest bars, as many as can be asked about once a column in the time there is."""
    expected = decided.outcome.wall_ms / 1e3 * (len(market.columns) + 2)
    if expected <= _MOST_SECONDS:
        return market, ()
    bars = max(_FEWEST_BARS, int(len(market) * _MOST_SECONDS / expected))
    part = market.cut(max(0, len(market) - bars), len(market))
    return part, (f"columns read: found on the newest {len(part):,} bars",)


def _without(runner: Runner, bundle: str, market: Market, evaluation: Evaluation, name: str) -> Evaluation:
    """The question without a column: the strategy's side alone where all bars go in at once."""
    if evaluation.feed is not Feed.STEPPED:
        return replace(evaluation, columns={n: v for n, v in evaluation.columns.items() if n != name})
    if name in PRICE_COLUMNS:
        return _changed(runner, bundle, market, evaluation, name)
    columns = {n: v for n, v in market.columns.items() if n != name}
    roles = {role: tuple(n for n in names if n != name) for role, names in market.roles.items()}
    return runner.adapter.evaluation(runner.system, bundle, replace(market, columns=columns, roles=roles))


def _changed(runner: Runner, bundle: str, market: Market, evaluation: Evaluation, name: str) -> Evaluation:
    values = {name: _shaken(market, name)}
    if evaluation.feed is not Feed.STEPPED:
        return replace(evaluation, columns={**evaluation.columns, **values})
    return runner.adapter.evaluation(runner.system, bundle, market.with_columns(values))


def _shaken(market: Market, name: str) -> Floats:
    """The column a few tenths of a percent off, bar by bar; prices still between low and high."""
    values, column = market.columns, market.columns[name]
    noise = np.abs(np.random.default_rng(0).normal(0.0, 0.003, len(market)))
    sign = np.where(np.arange(len(market)) % 2, 1.0, -1.0)
    if name == "high":
        return column * (1.0 + noise)
    if name == "low":
        return column * (1.0 - noise)
    shaken = column * (1.0 + sign * noise)
    return np.clip(shaken, values["low"], values["high"]) if name in PRICE_COLUMNS else shaken


def _same(one: Outcome, other: Outcome) -> bool:
    if one.decisions is None or other.decisions is None:
        return False
    same = one.decisions.shape == other.decisions.shape
    return same and bool(np.array_equal(one.decisions, other.decisions, equal_nan=True))


def _reacts(base: Outcome, outcome: Outcome) -> bool:
    """Whether it fails in the system's own source, or decides otherwise."""
    if outcome.status is Status.OK:
        return not _same(base, outcome)
    return bool(_PLACE.search(outcome.reason))
