"""The intents that change something or spend something. Each was said plainly before it comes here (see chat_danger)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents import chat_looks as looks
from agents.chat_room import Done, Room
from agents.desk import Desk
from agents.goals import add_goal, conditions
from memory.goals import Goals

PAUSED = "loop.paused"
BY = "a person in the chat"


def set_goal(room: Room, arguments: dict[str, Any]) -> Done:
    """Keep a goal."""
    with room.desk() as desk:
        goal = add_goal(desk.store, arguments["text"], room.markets)
    about = ", ".join(goal["symbols"]) or "every symbol"
    limit = "".join(f"\n  {line}" for line in conditions(goal))
    measured = f", measured in {goal['metric']}" if goal["metric"] else ""
    return Done(
        f"Goal {goal['id']}: {goal['target']} ({about}{measured}). The next cycle starts there.{limit}",
        goal,
        acted=True,
    )


def drop_goal(room: Room, arguments: dict[str, Any]) -> Done:
    """Stop aiming at a goal."""
    with room.desk() as desk:
        goal = Goals(desk.store).set_status(arguments["goal"], "dropped")
    return Done(f"Goal {goal['id']} dropped: {goal['target']}.", goal, acted=True)


def pause(room: Room, _: dict[str, Any]) -> Done:
    """The loop starts no new cycle."""
    return _set_paused(room, True, "Paused: the loop starts no new cycle. To go on, say: resume.")


def resume(room: Room, _: dict[str, Any]) -> Done:
    """The loop goes on."""
    return _set_paused(room, False, "The loop goes on.")


def _set_paused(room: Room, paused: bool, reply: str) -> Done:
    with room.desk() as desk:
        desk.store.set_setting(PAUSED, paused)
    return Done(reply, {"paused": paused}, acted=True)


def test_idea(room: Room, arguments: dict[str, Any]) -> Done:
    """Register a claim and test it once; it spends alpha unless it cannot be tested or was asked before."""
    from tools.discovery.concept_discovery import ConceptDiscovery

    with ConceptDiscovery(room.system, room.data, progress=room.progress) as discovery:
        result = discovery.validate_hypothesis(
            arguments["text"], symbol=arguments.get("symbol"), horizon=arguments.get("horizon")
        )
    facts = result.to_json()
    spent = f" Alpha spent: {result.alpha_spent:.4f}." if result.alpha_spent else ""
    claim = "" if result.spec is None else f"{result.claim}\n"
    return Done(f"{claim}{result.why}{spent}", facts, acted=result.spec is not None)


def run_cycle(room: Room, arguments: dict[str, Any]) -> Done:
    """One cycle, with its report. Patches wait for a person unless every fix was agreed to beforehand."""
    result = room.cycle({"yes_fixes": arguments["yes_fixes"]})
    names = ("id", "kind", "status", "files", "rationale", "consent")
    facts = {
        "cycle": result["cycle"],
        "report": result.get("report"),
        "findings": [{n: f[n] for n in ("id", "file", "line", "summary")} for f in result["findings"]],
        "hypotheses": result["hypotheses"],
        "patches": [{n: p[n] for n in names} for p in result["patches"]],
        "goals": result["goals"],
        "seconds": result["seconds"],
    }
    return Done("\n".join(_cycle_lines(facts)), facts, acted=True)


def _cycle_lines(facts: dict[str, Any]) -> list[str]:
    """A cycle's result for a person: what was found, what became of the patches, where the report is, what to say next."""
    findings, patches = facts["findings"], facts["patches"]
    head = f"{looks.counted(len(findings), 'finding')}, {looks.counted(len(patches), 'patch', 'patches')}"
    lines = [f"Cycle {facts['cycle']}: {head}, {facts['seconds']} s."]
    lines += [f"  {f['file']}:{f['line']}  {f['summary']}" for f in findings]
    lines += [f"  patch {p['id']}  {p['kind']:<11} {p['status'].replace('_', ' ')}" for p in patches]
    if not findings and not patches:
        lines.append("Nothing to change.")
    if facts["report"]:
        lines.append(f"Report: {facts['report']}")
    waiting = [p["id"] for p in patches if p["status"] == "awaiting_approval"]
    if waiting:
        lines.append(f"To look, say: show patch {waiting[0]}")
    return lines


def approve_patch(room: Room, arguments: dict[str, Any]) -> Done:
    """Apply a patch that awaits approval."""
    from agents.reviewer import approve
    from tools.evolution.promote import Approval
    from tools.records import patch_from

    with Desk(room.folder, progress=room.progress) as desk:
        document = desk.patches.get(arguments["patch"])
        known = patch_from(document)
        approval = Approval(known.digest, BY, bool(arguments["exposure"]))
        done = approve(desk, desk.cycle_of(known.id), known, approval)
    facts = {"patch": done.id, "status": done.status.value, "files": list(done.files)}
    if not done.status.stands:
        return Done(
            f"Patch {done.id} did not stand in place and was rolled back: {done.status.value}.",
            facts,
            acted=True,
        )
    return Done(
        f"Patch {done.id} applied to {', '.join(done.files)}. To undo it, say: roll back {done.id}",
        facts,
        acted=True,
    )


def reject_patch(room: Room, arguments: dict[str, Any]) -> Done:
    """Say no to a patch that awaits approval."""
    from agents.reviewer import reject
    from tools.records import patch_from

    with Desk(room.folder) as desk:
        document = desk.patches.get(arguments["patch"])
        if document["status"] != "awaiting_approval":
            state = document["status"]
            return Done(
                f"Patch {document['id']} is {state}: only one that awaits approval can be rejected.",
                {"status": state},
            )
        reject(desk, desk.cycle_of(document["id"]), patch_from(document), BY)
    return Done(
        f"Patch {document['id']} rejected. Nothing of yours was changed.",
        {"patch": document["id"]},
        acted=True,
    )


def rollback_patch(room: Room, arguments: dict[str, Any]) -> Done:
    """Restore every byte that a patch changed."""
    from agents.reviewer import roll_back

    with Desk(room.folder) as desk:
        done = roll_back(desk, arguments["patch"])
    files = ", ".join(done.files)
    return Done(
        f"Patch {done.patch} rolled back. Restored {files}.",
        {"patch": done.patch, "files": list(done.files)},
        acted=True,
    )


ACTS: dict[str, Callable[[Room, dict[str, Any]], Done]] = {
    "status": looks.status,
    "set_goal": set_goal,
    "list_goals": looks.list_goals,
    "pause": pause,
    "resume": resume,
    "drop_goal": drop_goal,
    "why_silent": looks.why_silent,
    "failures": looks.failures,
    "test_idea": test_idea,
    "run_cycle": run_cycle,
    "show_patches": looks.show_patches,
    "show_patch": looks.show_patch,
    "approve_patch": approve_patch,
    "reject_patch": reject_patch,
    "rollback_patch": rollback_patch,
    "explain": looks.explained,
    "search_memory": looks.search_memory,
    "learned": looks.learned,
    "changes": looks.changes,
    "help": looks.help_text,
}
#: What a dry run says that it would do.
WOULD: dict[str, str] = {
    "status": "tell what was done and what waits",
    "set_goal": "keep the goal: {text}",
    "list_goals": "list the goals",
    "pause": "pause the loop",
    "resume": "let the loop go on",
    "drop_goal": "drop goal {goal}",
    "why_silent": "trace every condition between {symbol} and its orders",
    "failures": "run the strategy and tell where its losses sit",
    "test_idea": "register and test: {text}",
    "run_cycle": "run one cycle",
    "show_patches": "list the patches",
    "show_patch": "show patch {patch}",
    "approve_patch": "apply patch {patch}",
    "reject_patch": "reject patch {patch}",
    "rollback_patch": "roll back patch {patch}",
    "explain": "explain {topic}",
    "search_memory": "search the lessons for: {query}",
    "learned": "list the newest lessons",
    "changes": "list what was done to your files",
    "help": "tell what can be said",
}
