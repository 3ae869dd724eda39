"""The graph of agents. The supervisor is code: it looks at the state and says who is next."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agents import analyst, engineer, improver, learning, reviewer, scientist
from agents.engine import GRAPH_NAME, Engine
from agents.playbook import MAX_PATCHES
from agents.state import CycleState

#: Findings tried in one cycle, repairable or not. With MAX_PATCHES patches of six steps each it stays below the limit.
MAX_TRIED = 30
RECURSION_LIMIT = 60
Node = Callable[[Engine, CycleState], dict[str, Any]]
NODES: dict[str, Node] = {
    "analyst": analyst.understand,
    "scientist": scientist.rank,
    "discover": scientist.discover,
    "engineer": engineer.make,
    improver.ENHANCE: improver.enhance,
    improver.TUNE: improver.search,
    "reviewer": reviewer.review,
    "ask": reviewer.ask,
    "act": reviewer.act,
    "learn": learning.learn,
    "upkeep": learning.keep_in_order,
}
#: After the repairs, each once in a cycle.
IMPROVEMENTS = (improver.ENHANCE, improver.TUNE)


def supervise(state: CycleState) -> str:
    """Who is next: the first thing that is missing."""
    if state.get("learned"):
        return "end" if "upkeep" in state else "upkeep"
    if not state.get("bundle"):
        return "analyst"
    if not state.get("ranked"):
        return "scientist"
    if not state.get("discovered"):
        return "discover"
    if state.get("patch"):
        answer = state.get("decision", {}).get("answer")
        return {None: "reviewer", "ask": "ask"}.get(answer, "act")
    room = len(state.get("patches", [])) < MAX_PATCHES and len(state.get("tried", [])) < MAX_TRIED
    if state.get("opportunities") and room:
        return "engineer"
    done = [step["step"] for step in state.get("improved", [])]
    return next((step for step in IMPROVEMENTS if step not in done), "learn")


def build(engine: Engine, checkpointer: Any) -> Any:
    """The compiled StateGraph, its nodes bound to one engine."""
    from langgraph.graph import END, START, StateGraph

    graph: Any = StateGraph(CycleState)  # its overloads do not know a bound node
    for name, node in NODES.items():
        graph.add_node(name, _bound(engine, node))
    routes = {**{name: name for name in NODES}, "end": END}
    graph.add_conditional_edges(START, supervise, routes)
    for name in NODES:
        graph.add_conditional_edges(name, supervise, routes)
    return graph.compile(checkpointer=checkpointer)


def _bound(engine: Engine, node: Node) -> Callable[[CycleState], dict[str, Any]]:
    def run(state: CycleState) -> dict[str, Any]:
        return node(engine, state)

    return run


@contextmanager
def checkpoints(engine: Engine) -> Iterator[Any]:
    """The SQLite checkpointer of a system's cycles."""
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    from langgraph.checkpoint.sqlite import SqliteSaver

    connection = sqlite3.connect(engine.system.state / GRAPH_NAME, check_same_thread=False)
    try:
        yield SqliteSaver(connection)
    finally:
        connection.close()
