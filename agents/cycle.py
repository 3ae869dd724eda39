"""Run one cycle from understanding to learning; resume one that was cut off."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from agents.choices import choices_of_cycle
from agents.engine import Engine
from agents.goals import goals_of_cycle
from agents.graph import RECURSION_LIMIT, build, checkpoints
from memory.cycles import Cycles
from tools.contracts import PatchStatus

#: Shown a patch that awaits approval, a person answers {"answer": "approve" | "reject" | "later", "by", "digest", "exposure"}.
Ask = Callable[[dict[str, Any]], dict[str, Any]]


def nobody(_: dict[str, Any]) -> dict[str, Any]:
    """Nobody is there to ask: the patch waits."""
    return {"answer": "later"}


def new_cycle_id() -> str:
    """Sorts by time; unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def run_cycle(engine: Engine, options: dict[str, Any], ask: Ask = nobody) -> dict[str, Any]:
    """One cycle's result, in the shape of ``mendel evolve --json``. A cycle of this system that was killed is resumed from
    the node it died in, with the options it was started with."""
    from langgraph.types import Command

    started, cycles = time.monotonic(), Cycles(engine.store)
    with checkpoints(engine) as saver:
        graph = build(engine, saver)
        options = {**options, "data": _identity(engine)}
        cycle, resumed = _cycle_to_run(engine, cycles, graph, options)
        config = {"configurable": {"thread_id": cycle}, "recursion_limit": RECURSION_LIMIT}
        first = None if resumed else {"cycle": cycle, "options": options}
        state = graph.invoke(first, config, durability="sync")
        while "__interrupt__" in state:
            answer = ask(state["__interrupt__"][0].value)
            state = graph.invoke(Command(resume=answer), config, durability="sync")
    result = _result(engine, state, time.monotonic() - started)
    cycles.finish(cycle, "done", {k: result[k] for k in ("unchanged", "seconds")})
    return {**result, "resumed": resumed}


def _identity(engine: Engine) -> str:
    """What a cycle's results depend on beside the source: which bars of which symbols."""
    markets = engine.bench.data.markets
    bars = [
        (s, len(m), int(m.time[0]), int(m.time[-1]), float(m.columns["close"].sum()))
        for s, m in markets.items()
    ]
    return hashlib.sha256(repr(sorted(bars)).encode()).hexdigest()[:16]


def _cycle_to_run(engine: Engine, cycles: Cycles, graph: Any, options: dict[str, Any]) -> tuple[str, bool]:
    """The newest cycle that was cut off, where it had the same options, data and source; else a new one."""
    for row in cycles.list(status="running"):
        cut_off = graph.get_state({"configurable": {"thread_id": row["id"]}})
        values = cut_off.values or {}
        if cut_off.next and values.get("options") == options and _same_source(engine, values):
            return str(row["id"]), True
        cycles.finish(str(row["id"]), "abandoned")
    cycle = new_cycle_id()
    cycles.start(cycle, options)
    return cycle, False


def _same_source(engine: Engine, values: dict[str, Any]) -> bool:
    """Whether the source is still what the cut-off cycle worked on, or what its patch in hand made of it."""
    if not values.get("bundle"):
        return True
    known = {values["bundle"]}
    if values.get("patch"):
        known.add(engine.patches.get(values["patch"])["bundle"])
    return engine.bundles.snapshot(engine.system) in known


def _result(engine: Engine, state: dict[str, Any], seconds: float) -> dict[str, Any]:
    documents = [engine.patches.get(p) for p in state.get("patches", [])]
    patches = [{k: v for k, v in d.items() if k != "finding_record"} for d in documents]
    changed = any(PatchStatus(p["status"]).stands for p in patches)
    findings = [f for f in engine.findings.of_cycle(state["cycle"]) if f["id"] in state.get("findings", [])]
    return {
        "cycle": state["cycle"],
        "system": {
            "name": engine.system.name,
            "root": str(engine.system.root),
            "home": str(engine.system.home),
        },
        "until": engine.bench.data.until,
        "findings": findings,
        "goals": goals_of_cycle(engine.store, findings),
        "choices": choices_of_cycle(engine.ledger, state["cycle"]),
        "suspects": state.get("suspects", []),
        "silence": state.get("silence", {}),
        "trades": state.get("trades", {}),
        "failures": state.get("failures", {}),
        "hypotheses": state.get("hypotheses", []),
        "patches": patches,
        "improvements": state.get("improved", []),
        "upkeep": state.get("upkeep", {}),
        "learnings": state.get("learnings", []),
        "unchanged": not changed,
        "seconds": round(seconds, 1),
        "recovered": engine.recovered,
    }
