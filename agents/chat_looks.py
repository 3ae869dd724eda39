"""The intents that only look: each returns what a tool says, in words and as facts."""

from __future__ import annotations

from typing import Any

from agents.chat_glossary import WORDS, explain
from agents.chat_room import Done, Room
from memory.cycles import Cycles
from memory.goals import Goals

_MOST_ROWS = 12
HELP = """You can say, in your own words:
  status · what changed · what did you learn · show patches · show patch ID
  why is TON silent · why do my trades lose · explain the vault
  test whether CVD divergence predicts reversals on ETH, 15m
  goal: make TON trade · list goals · drop goal ID
  run a cycle · pause · resume
  approve ID (with exposure) · reject ID · roll back ID
  search memory for volume thresholds
What would change your files is done only when it is said plainly, with the patch's whole id."""


def status(room: Room, _: dict[str, Any]) -> Done:
    """Cycles, what waits, goals, the loop."""
    with room.desk() as desk:
        cycles = Cycles(desk.store).list(limit=1)
        facts: dict[str, Any] = {
            "system": desk.system.name,
            "cycles": len(Cycles(desk.store).list()),
            "last_cycle": cycles[0] if cycles else None,
            "waiting": [p["id"] for p in desk.patches.list(status="awaiting_approval")],
            "patches": len(desk.patches.list()),
            "trials": desk.trials.count(),
            "goals": [g["target"] for g in Goals(desk.store).list(status="active")],
            "paused": bool(desk.store.setting("loop.paused")),
        }
    last = facts["last_cycle"]
    lines = [
        f"{facts['system']}: {counted(facts['cycles'], 'cycle')}, {counted(facts['patches'], 'patch', 'patches')}, "
        f"{counted(facts['trials'], 'trial')}."
    ]
    if last is not None:
        lines.append(
            f"The last cycle ({last['id']}) started {last['started'][:16].replace('T', ' ')} UTC and is {last['status']}."
        )
    else:
        lines.append("Nothing was done yet. To start, say: run a cycle.")
    if facts["waiting"]:
        lines.append(
            f"Waits for you: {', '.join(facts['waiting'])}. To look, say: show patch {facts['waiting'][0]}"
        )
    if facts["goals"]:
        lines.append("Goals: " + "; ".join(facts["goals"]) + ".")
    if facts["paused"]:
        lines.append("The loop is paused. To go on, say: resume.")
    return Done("\n".join(lines), facts)


def list_goals(room: Room, _: dict[str, Any]) -> Done:
    """Goals that are not finished."""
    with room.desk() as desk:
        goals = [g for g in Goals(desk.store).list() if g["status"] in ("active", "paused")]
    lines = [f"{g['id']}  {g['status']:<7} {g['target']}" for g in goals]
    return Done("\n".join(lines) or "No goals. To set one, say: goal: make TON trade", {"goals": goals})


def why_silent(room: Room, arguments: dict[str, Any]) -> Done:
    """The funnel of a symbol; heavy: the strategy is run and traced."""
    from tools.analysis.silence.text import silence_text
    from tools.analysis.silence.why import why_silent as answer
    from tools.analysis.workbench import Workbench
    from tools.market.names import resolve_symbol

    with Workbench(room.system, data=room.data, progress=room.progress) as bench:
        name = resolve_symbol(arguments["symbol"], bench.data.markets)
        room.progress(f"tracing the conditions of {name}")
        silence = answer(bench.study(), name)
        return Done(silence_text(silence, bench.data.until), {**silence.to_json(), "until": bench.data.until})


def failures(room: Room, arguments: dict[str, Any]) -> Done:
    """Where the losses sit; heavy: the strategy is run."""
    from tools.analysis.failures import failures_of
    from tools.analysis.workbench import Workbench

    symbols = [arguments["symbol"]] if "symbol" in arguments else None
    with Workbench(room.system, data=room.data, symbols=symbols, progress=room.progress) as bench:
        room.progress("running the strategy")
        facts = {**failures_of(bench.study()), "until": bench.data.until}
    if not facts["n"]:
        return Done(f"No closed trades until {facts['until']}: nothing to say about losses.", facts)
    lines = [
        f"{facts['n']} closed trades until {facts['until']}, {facts['losers']} lost; mean {facts['mean_bps']:+.1f} bps after costs."
    ]
    for kind, rows in facts["groups"].items():
        if len(rows) < 2:
            continue
        worst = rows[0]
        held = {
            True: "held in the later half",
            False: "did not hold in the later half",
            None: "too few to confirm",
        }[worst["held"]]
        lines.append(
            f"  worst {kind}: {worst['group']}, {worst['mean_bps']:+.1f} bps over {worst['n']} trades ({held})"
        )
    return Done("\n".join(lines), facts)


def show_patches(room: Room, arguments: dict[str, Any]) -> Done:
    """Patches, the newest last."""
    with room.desk() as desk:
        found = desk.patches.list(status=arguments.get("status"))
    names = ("id", "kind", "status", "files")
    rows = [{n: p[n] for n in names} for p in found]
    lines = [
        f"{r['id']}  {r['kind']:<11} {r['status']:<18} {', '.join(r['files'])}" for r in rows[-_MOST_ROWS:]
    ]
    state = str(arguments.get("status", "")).replace("_", " ")
    none = (
        f"No patch is {state}."
        if state
        else "No patches yet. To look for something to repair, say: run a cycle."
    )
    return Done("\n".join(lines) or none, {"patches": rows})


def show_patch(room: Room, arguments: dict[str, Any]) -> Done:
    """One patch with its diff and its gates."""
    patch = room.patch(arguments["patch"])
    facts = {k: v for k, v in patch.items() if k != "finding_record"}
    lines = [
        f"Patch {patch['id']}, {patch['kind']}, {patch['status']}.",
        patch["rationale"],
        "",
        patch["diff"].rstrip(),
        "",
    ]
    lines += [f"  {gate['verdict']:<12} {gate['name']}" for gate in patch["gates"]]
    lines += [f"Needs an explicit yes: {question}" for question in patch.get("consent", [])]
    if patch["status"] == "awaiting_approval":
        lines.append(
            f"To decide, say: approve {patch['id']}{' with exposure' if patch.get('consent') else ''}, or: reject {patch['id']}"
        )
    return Done("\n".join(lines), facts)


def explained(room: Room, arguments: dict[str, Any]) -> Done:
    """A word of Mendel's."""
    found = explain(arguments["topic"])
    if found is None:
        known = ", ".join(sorted(WORDS))
        return Done(
            f"I have no explanation of {arguments['topic']!r}. I can explain: {known}.",
            {"known": sorted(WORDS)},
        )
    return Done(f"{found[0]}: {found[1]}", {found[0]: found[1]})


def search_memory(room: Room, arguments: dict[str, Any]) -> Done:
    """Lessons near in meaning."""
    from memory.knowledge import Knowledge

    with room.desk() as desk, Knowledge(desk.store, say=room.progress) as knowledge:
        found = knowledge.search(arguments["query"])
    rows = [{n: r[n] for n in ("id", "text", "score")} for r in found.results]
    lines = [f"{r['score']:.2f}  {r['text']} ({r['id']})" for r in rows]
    return Done("\n".join(lines) or "Nothing was learned about that yet.", {"results": rows})


def learned(room: Room, _: dict[str, Any]) -> Done:
    """The newest lessons."""
    with room.desk() as desk:
        rows = [{n: r[n] for n in ("id", "text", "created")} for r in desk.learnings.list()]
    shown = rows[-_MOST_ROWS:]
    lines = [f"{r['created'][:10]}  {r['text']}" for r in shown]
    more = f"\n({len(rows) - len(shown)} older ones: mendel memory list)" if len(rows) > len(shown) else ""
    return Done(
        "\n".join(lines) + more or "Nothing was learned yet. To start, say: run a cycle.",
        {"lessons": shown, "n": len(rows)},
    )


def changes(room: Room, _: dict[str, Any]) -> Done:
    """What was done to the person's files, from the ledger."""
    kinds = {"applied": "applied", "rolled_back": "rolled back"}
    with room.desk() as desk:
        rows = [
            {
                "time": e.time,
                "what": kinds[e.kind],
                "patch": e.body["patch"],
                "files": e.body.get("files", []),
            }
            for e in desk.ledger.entries()
            if e.kind in kinds
        ]
    lines = [
        f"{r['time'][:16].replace('T', ' ')}  {r['what']} {r['patch']}: {', '.join(r['files'])}"
        for r in rows[-_MOST_ROWS:]
    ]
    return Done("\n".join(lines) or "Nothing of yours was changed.", {"changes": rows})


def help_text(room: Room, _: dict[str, Any]) -> Done:
    """What can be said."""
    return Done(HELP, {"help": HELP})


def counted(n: int, one: str, many: str = "") -> str:
    """``1 cycle``, ``2 cycles``."""
    return f"{n} {one if n == 1 else many or one + 's'}"
