"""What a cycle leaves behind: verdicts on its predictions, and lessons that later cycles find, doubt and carry elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.desk import Desk
from agents.engine import Engine
from agents.learning_lessons import hypothesis_lesson, patch_fields
from agents.probation import look_after
from agents.scientist import REPAIR, conclude
from agents.state import CycleState
from memory.documents import Json
from memory.embeddings import Embedder
from memory.knowledge import Knowledge
from memory.knowledge_lesson import asset, lesson_from
from tools.contracts import Finding, Market, Patch, PatchStatus, Trade
from tools.records import finding_from, patch_from
from tools.system.system import System

KEPT = (PatchStatus.APPLIED, PatchStatus.AWAITING_APPROVAL, PatchStatus.REFUSED, PatchStatus.ROLLED_BACK)
Lines = list[dict[str, str]]


def learn(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Conclude the predictions and record one learning for each patch, negative results too."""
    documents = [engine.patches.get(p) for p in state.get("patches", [])]
    patches = [patch_from(d) for d in documents]
    results = [_concluded(h, patches) for h in state.get("hypotheses", [])]
    cycle, until = state["cycle"], engine.bench.data.until
    lessons = [
        (
            engine.choices.lesson(cycle, engine.system.name, _finding(d), p),
            patch_fields(d, until, cycle, _entries(engine, p.id)),
        )
        for d, p in zip(documents, patches, strict=True)
        if p.status in KEPT
    ]
    tested = [lesson for r in results if (lesson := hypothesis_lesson(r, cycle)) is not None]

    def keep() -> Lines:
        for result in results:
            if result["spec"].get("kind") != REPAIR:
                continue  # its test has its own entries in the ledger
            engine.ledger.append(
                "verdict", {"cycle": cycle, "id": result["id"], "verdict": result["verdict"]}
            )
        rows = [engine.learnings.add(text, "patch", cycle, fields) for text, fields in lessons]
        ids = [engine.learnings.put(lesson)[0] for lesson in tested]
        return [_line(row) for row in [*rows, *engine.learnings.by_ids(ids).values()]]

    kept = engine.store.once(cycle, "learn", "all", keep)
    return {"hypotheses": results, "learnings": kept, "learned": True}


def _finding(document: Json) -> Finding | None:
    record = document.get("finding_record")
    return None if record is None else finding_from(record)


def keep_in_order(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Keep the lessons in order, look for edges that changed, and carry what held to the neighbours, as hypotheses that later
    cycles test. All of it can be done again without harm."""
    engine.progress("keeping the lessons in order")
    learning, probation = ContinuousLearning(engine), look_after(engine)
    for told in probation:
        if told["verdict"] != "goes_on":
            engine.learnings.add(f"{engine.system.name}: patch {told['patch']} {told['why']}.", "patch")
    trades = any((state.get("trades") or {}).values())
    level = engine.system.config.loop.drift_level
    drift = learning.adapt_to_market_changes(level=level) if trades else {"symbols": {}}
    done = {
        "probation": probation,
        "drifted": [s for s, found in drift["symbols"].items() if found["at"] is not None],
        "kept": learning.maintain_knowledge_base(),
        "carried_over": [h["claim"] for h in learning.apply_learnings_broadly()],
    }
    return {"upkeep": done}


class ContinuousLearning:
    """The lessons of one system, kept in order and put to use. Takes an open desk or engine, or a system or its folder,
    which it then opens for each call. Everything it does can be done again without harm."""

    def __init__(
        self, desk_or_system: Desk | System | str | Path, *, embedder: Embedder | None = None
    ) -> None:
        self._desk = desk_or_system if isinstance(desk_or_system, Desk) else None
        self._path = desk_or_system.root if isinstance(desk_or_system, System) else desk_or_system
        self._embedder = embedder

    def maintain_knowledge_base(self) -> dict[str, Any]:
        """Make one of lessons that say the same, mark what is superseded or contradicted, name what has expired:
        ``{"merged": [[old, by]…], "superseded", "contradicted", "expired", …}``."""
        from memory.knowledge_upkeep import maintain

        with self._open() as desk, self._knowledge(desk) as knowledge:
            return asdict(maintain(knowledge))

    def apply_learnings_broadly(
        self, neighbours: Mapping[str, Sequence[str]] | None = None, *, most: int = 3
    ) -> list[dict[str, Any]]:
        """Register, for every lesson that held on some symbols, the hypothesis that it holds on their neighbours: ledger
        entries of kind ``hypothesis``, nothing spent. Returns the new ones. Neighbours are by default the markets whose
        daily returns go with the symbol's most closely; returns are compared before the vault alone."""
        from agents.learning_transfer import neighbours as by_returns
        from agents.learning_transfer import register, transfers

        with self._open() as desk, self._knowledge(desk) as knowledge:
            lessons = [
                row
                for row in knowledge.lessons()
                if row.get("holds") and row["symbols"] and row["kind"] != "patch"
            ]
            if not lessons:
                return []
            near = by_returns(_markets(desk), most) if neighbours is None else neighbours
            known = {
                (row.get("claim"), asset(s))
                for row in knowledge.lessons()
                if row.get("claim")
                for s in row["symbols"]
            }
            wanted = [(row, h) for row in lessons for h in transfers(row, near)]
            new = [h for row, h in wanted if (row.get("claim"), asset(h["symbols"][0])) not in known]
            made = [register(desk.store, desk.ledger, hypothesis) for hypothesis in new]
            return [hypothesis for hypothesis in made if hypothesis is not None]

    def transfer_success(self) -> dict[str, Any]:
        """How the hypotheses that were carried over fared: ``{"registered", "tested", "supported", "rate"}``."""
        from agents.learning_transfer import success

        with self._open(reading=True) as desk:
            return success(desk.ledger)

    def adapt_to_market_changes(
        self,
        trades: Mapping[str, Sequence[Trade]] | None = None,
        *,
        reference: float = 0.5,
        level: float = 0.05,
    ) -> dict[str, Any]:
        """Look for edges that changed: the first ``reference`` part of a symbol's trades against the rest. ``trades`` are by
        default those of the system as it is, before the vault. ``level`` is the rate of false alarms over all symbols
        together. A drift becomes a lesson, and the lessons that held on that symbol are marked ``retest``."""
        from tools.statistics.drift import detect_drift

        with self._open() as desk:
            given = self._trades(desk) if trades is None else trades
            closed = {s: sorted(_closed(ts), key=lambda t: t.exit_time_ns) for s, ts in given.items()}
            share = level / max(1, len(closed))
            symbols, lessons, retest = {}, [], []
            for symbol, done in sorted(closed.items()):
                cut = int(len(done) * reference)
                drift = detect_drift(
                    *([t.net_bps for t in part] for part in (done[:cut], done[cut:])), level=share
                )
                at = None if drift.alarm is None else _iso(done[cut + drift.alarm].exit_time_ns)
                symbols[symbol] = {**asdict(drift), "at": at, "unit": "bps a trade after costs"}
                if at is not None:
                    row, marked = _note_drift(desk, symbol, symbols[symbol])
                    lessons.append(_line(row))
                    retest += marked
        told = f"level {level:g} over {len(closed)} symbols, {share:.4g} each; measured on 2,000 windows without a change"
        return {"symbols": symbols, "false_alarms": told, "learnings": lessons, "retest": retest}

    def record_cycle(self, result: Mapping[str, Any]) -> Lines:
        """Keep the lessons of a cycle's result (the shape of ``mendel evolve --json``) that are not kept yet: one for each
        tested claim and each patch with a verdict. Returns ``[{"id", "text"}]`` of all of them."""
        cycle, until = str(result["cycle"]), result.get("until")
        with self._open() as desk, desk.store.transaction():
            tested = [hypothesis_lesson(h, cycle) for h in result.get("hypotheses", [])]
            ids = [
                desk.learnings.put(lesson_from(_elsewhere(lesson)))[0]
                for lesson in tested
                if lesson is not None
            ]
            rows = list(desk.learnings.by_ids(ids).values())
            rows += [row for p in result.get("patches", []) for row in _patch_rows(desk, p, cycle, until)]
            return [_line(row) for row in rows]

    @contextmanager
    def _open(self, *, reading: bool = False) -> Iterator[Desk]:
        if self._desk is not None:
            yield self._desk
            return
        with Desk(self._path, reading=reading) as desk:  # type: ignore[arg-type]
            yield desk

    def _knowledge(self, desk: Desk) -> Knowledge:
        return Knowledge(desk.store, embedder=self._embedder, say=desk.progress)

    def _trades(self, desk: Desk) -> dict[str, Sequence[Trade]]:
        if isinstance(desk, Engine):
            study = desk.study(desk.bundles.snapshot(desk.system))
            return {symbol: backtest.trades for symbol, backtest in study.backtests.items()}
        with Engine(desk.system.root, progress=desk.progress) as engine:
            return self._trades(engine)


def _concluded(hypothesis: dict[str, Any], patches: list[Patch]) -> dict[str, Any]:
    for patch in patches:
        hypothesis = conclude(hypothesis, patch)
    return hypothesis


def _entries(desk: Desk, patch: str) -> list[int]:
    """The ledger's entries about a patch."""
    return [e.seq for e in desk.ledger.entries() if isinstance(e.body, dict) and e.body.get("patch") == patch]


def _patch_rows(desk: Desk, patch: Mapping[str, Any], cycle: str, until: str | None) -> list[Json]:
    if patch["status"] not in {status.value for status in KEPT}:
        return []
    known = [
        row for row in desk.learnings.list() if patch["id"] in row.get("provenance", {}).get("patches", [])
    ]
    if known:
        return known
    text = f"{desk.system.name}: {patch['kind']} {patch['id']} {patch['status']}: {patch['rationale']}"
    fields = patch_fields(patch, until, cycle, _entries(desk, patch["id"]))
    return [desk.learnings.add(text, "patch", body=fields)]


def _note_drift(desk: Desk, symbol: str, drift: dict[str, Any]) -> tuple[Json, list[str]]:
    """The lesson of a drift, and the ids of those that it puts in doubt."""
    text = (
        f"{symbol}: trades since {drift['at'][:10]} or a little before earn {drift['mean_since']:+.1f} bps on average, "
        f"{drift['mean_before']:+.1f} before (CUSUM {drift['statistic']:.1f} over {drift['threshold']:.1f}, "
        f"{drift['n_window']} trades against {drift['n_reference']}, false alarms {drift['false_alarms']:.1%})."
    )
    fields = {
        "symbols": [symbol],
        "holds": False,
        "effect": drift["mean_since"] - drift["mean_before"],
        "unit": drift["unit"],
        "n": drift["n_window"],
        "outcome": drift["at"],
        "provenance": {"source": ["drift"]},
    }
    with desk.store.transaction():
        row = desk.learnings.add(text, "drift", body=fields)
        doubted = [
            other
            for other in desk.learnings.list()
            if other.get("holds")
            and asset(symbol) in {asset(s) for s in other["symbols"]}
            and not other["superseded_by"]
            and (other["outcome"] or other["created"]) < drift["at"]
        ]
        for other in doubted:
            desk.learnings.change(other["id"], body={"retest": drift["at"]})
    return row, [other["id"] for other in doubted]


def _elsewhere(lesson: Any) -> Json:
    """A lesson as a document without its cycle as a column: the result may come from elsewhere."""
    return {
        **lesson.body(),
        "text": lesson.text,
        "kind": lesson.kind,
        "symbols": list(lesson.symbols),
        "outcome": lesson.outcome,
    }


def _markets(desk: Desk) -> Mapping[str, Market]:
    from tools.system.markets import load_system_markets

    return desk.bench.data.markets if isinstance(desk, Engine) else load_system_markets(desk.system).markets


def _closed(trades: Sequence[Trade]) -> list[Trade]:
    return [t for t in trades if t.closed]


def _iso(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, tz=UTC).isoformat(timespec="microseconds")


def _line(row: Json) -> dict[str, str]:
    return {"id": row["id"], "text": row["text"]}
