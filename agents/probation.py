"""New logic and new numbers are on probation until bars confirm them that nobody had seen when they were judged.

Such a patch is looked at after 30 days of them, then each time that they have doubled. The looks share one error of 5 %:
the k-th may use 0.05 / 2^k. It is confirmed where the daily paired difference to the system without it passes at that level,
and taken back where the whole 95 % interval lies below zero. Else it waits for more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from agents.engine import Engine
from agents.reviewer import roll_back
from tools.backtest.daily import DAY_NS
from tools.contracts import MendelError, PatchStatus
from tools.evolution.gates.confirm import summed
from tools.statistics.paired import PairedDays, daily_differences, paired_test

KIND = "probation"
FIRST_LOOK_DAYS, LEVEL = 30, 0.05


def look_after(engine: Engine) -> list[dict[str, Any]]:
    """What became of each patch on probation for which a look was due: ``[{"patch", "verdict", "days", "p", "why", …}]``;
    ``verdict`` is ``confirmed``, ``rolled_back`` or ``goes_on``. The ledger has every look."""
    waiting = engine.patches.list(status=PatchStatus.PROVISIONAL.value)
    return [found for document in waiting if (found := _looked(engine, document)) is not None]


def due(days: int) -> int:
    """The number of the look that so many days allow, counted from 1; 0 before the first."""
    return 0 if days < FIRST_LOOK_DAYS else 1 + int(np.log2(days / FIRST_LOOK_DAYS))


def _looked(engine: Engine, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """A look; where one of the two versions does not run any more on these bars, that is what is told."""
    try:
        return _look(engine, document)
    except MendelError as error:
        return {
            "patch": str(document["id"]),
            "verdict": "goes_on",
            "why": f"it could not be looked at: {error}",
        }


def _look(engine: Engine, document: Mapping[str, Any]) -> dict[str, Any] | None:
    if not document.get("until"):
        return None  # nobody wrote down where its evidence ended
    since = int(datetime.fromisoformat(document["until"]).timestamp()) * 1_000_000_000 // DAY_NS
    patch = str(document["id"])
    done = [e.body["look"] for e in engine.ledger.entries(KIND) if e.body.get("patch") == patch]
    last = max(done, default=0)
    if due(engine.bench.data.until_ns // DAY_NS - since + 1) <= last:
        return None  # there cannot be enough days, so neither version is run
    before, after = (engine.study(document[name]) for name in ("base", "bundle"))
    _, differences = daily_differences(summed(before), summed(after), embargo_before=since)
    look = due(len(differences))
    if look <= last:
        return None
    seed = int(hashlib.sha256(f"{document['digest']}/{look}".encode()).hexdigest()[:16], 16)
    found = paired_test(differences, np.random.default_rng(seed))
    return _carried_out(engine, {"patch": patch, "look": look, **_judged(found, LEVEL / 2**look)})


def _judged(found: PairedDays, level: float) -> dict[str, Any]:
    words = (
        f"{1e4 * found.mean:+.2f} bps a day against the system without it (95 % interval {1e4 * found.low:+.2f}.."
        f"{1e4 * found.high:+.2f}), p = {found.p:.4f} at the level {level:.4f}, n = {found.days} days after its judgement"
    )
    figures = {"days": found.days, "p": found.p, "level": level, "bps_a_day": 1e4 * found.mean}
    if found.mean > 0 and found.p <= level:
        return {"verdict": PatchStatus.CONFIRMED.value, "why": f"confirmed: {words}", **figures}
    if found.high < 0:
        return {"verdict": PatchStatus.ROLLED_BACK.value, "why": f"worse than without it: {words}", **figures}
    return {"verdict": "goes_on", "why": f"can't tell yet: {words}", **figures}


def _carried_out(engine: Engine, told: dict[str, Any]) -> dict[str, Any]:
    """Confirm it or take it back, then note the look: one that died in between is made again, and comes out the same. A patch
    that cannot be taken back, since the files have changed, waits for a person."""
    if told["verdict"] == PatchStatus.ROLLED_BACK:
        try:
            roll_back(engine, told["patch"])
        except MendelError as error:
            why = f"{told['why']}; it could not be taken back: {error}"
            told = {**told, "verdict": "goes_on", "why": why}
    with engine.store.transaction():
        if told["verdict"] == PatchStatus.CONFIRMED:
            engine.patches.set_status(told["patch"], PatchStatus.CONFIRMED.value)
            engine.ledger.append(PatchStatus.CONFIRMED.value, {"patch": told["patch"]})
        engine.ledger.append(KIND, told)
    return told
