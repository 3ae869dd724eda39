"""Every choice of the playbook, made by a model where one is configured.

A model's answer is checked against the facts before it counts: ids must exist, what it words may hold nothing that the tools
did not say, and it can never approve beyond the policy. Whatever fails (a server, a budget, a check) falls back to the
playbook, and the cycle's record says so. An answer is kept with the cycle, so that a cycle that was killed goes on with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agents import playbook
from agents.goal_budget import steering
from agents.goals import admit, goals_of_cycle
from agents.model import Model
from agents.questions import Question
from memory.ledger import Ledger
from memory.store import Store
from tools.analysis.study import Progress, Study, quiet
from tools.contracts import Finding, Market, Patch
from tools.discovery.compile import compile_claim, what_can_be_tested
from tools.errors import MendelError
from tools.records import finding_json, patch_json

if TYPE_CHECKING:
    from tools.system.system import System

KIND, NONE = "choice", "none"
#: Letters of a diff that a model is shown; letters of a sentence that is kept.
_MOST_DIFF, _MOST_SENTENCE = 12_000, 600
#: Letters of a claim that a model words itself.
_MOST_CLAIM = 200


class Rejected(MendelError):  # noqa: N818 - an answer that does not count
    """The model's answer does not fit the facts."""


class Choices(Protocol):
    """What the nodes of the graph ask. Each method is one choice of the playbook; ``cycle`` is the cycle it is made in."""

    def rank(self, cycle: str, findings: Sequence[Finding]) -> list[Finding]:
        """Repairable findings, best first; those that an active goal is about before the others."""

    def prediction(self, cycle: str, study: Study, finding: Finding) -> dict[str, Any]:
        """See playbook.prediction: ``claim`` may be worded otherwise, ``spec`` is the same."""

    def decide(self, cycle: str, patch: Patch, options: Mapping[str, Any], policy: str) -> dict[str, Any]:
        """See playbook.decide; never more than the policy allows."""

    def lesson(self, cycle: str, system: str, finding: Finding | None, patch: Patch) -> str:
        """One sentence of facts; ``finding`` is None for an improvement."""

    def questions(
        self, cycle: str, candidates: Sequence[Question], markets: Mapping[str, Market]
    ) -> list[Question]:
        """Claims to test, the most useful first: ``candidates``, or one in other words before them."""

    def gap(self, cycle: str, gaps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """One of ``gaps`` to write logic for, or None."""

    def trials(self, cycle: str, most: int) -> int:
        """How many candidates the search may try: ``most``, or 0 for no search."""

    def look(self, cycle: str, patch: Patch, home: Path) -> dict[str, Any] | None:
        """Remarks on the pictures of the visual gate (see look_last); they overrule nothing. None where nobody looks."""


class PlaybookChoices:
    """Fixed rules. Goals steer here, too."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def rank(self, cycle: str, findings: Sequence[Finding]) -> list[Finding]:
        """See Choices."""
        return self._admitted(playbook.rank(findings))

    def _admitted(self, findings: Sequence[Finding]) -> list[Finding]:
        """What the goals that steer let a cycle take up, what they are about first."""
        return list(admit(steering(self.store, Ledger(self.store)), findings).findings)

    def prediction(self, cycle: str, study: Study, finding: Finding) -> dict[str, Any]:
        """See Choices."""
        return playbook.prediction(study, finding)

    def decide(self, cycle: str, patch: Patch, options: Mapping[str, Any], policy: str) -> dict[str, Any]:
        """See Choices."""
        return playbook.decide(patch, options, policy)

    def lesson(self, cycle: str, system: str, finding: Finding | None, patch: Patch) -> str:
        """See Choices."""
        return playbook.lesson(system, finding, patch)

    def questions(
        self, cycle: str, candidates: Sequence[Question], markets: Mapping[str, Market]
    ) -> list[Question]:
        """See Choices."""
        return list(candidates)

    def gap(self, cycle: str, gaps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """See Choices."""
        return playbook.gap(gaps)

    def trials(self, cycle: str, most: int) -> int:
        """See Choices."""
        return most

    def look(self, cycle: str, patch: Patch, home: Path) -> dict[str, Any] | None:
        """See Choices."""
        return None


class ModelChoices(PlaybookChoices):
    """A model's choices over the playbook's."""

    def __init__(self, model: Model, store: Store, ledger: Ledger, progress: Progress = quiet) -> None:
        super().__init__(store)
        self.model, self.ledger, self.progress = model, ledger, progress
        self._scope = ""

    def rank(self, cycle: str, findings: Sequence[Finding]) -> list[Finding]:
        """See Choices. What the model leaves out follows in the playbook's order."""
        default = playbook.rank(findings)
        if len(default) < 2:
            return self._admitted(default)
        ids = [f.id for f in default]
        facts = {
            "opportunities": [_shown(f) for f in default],
            "goals": goals_of_cycle(self.store, [finding_json(f) for f in default]),
        }

        def ask() -> dict[str, Any]:
            from agents.choice_answers import Ranking

            answer = self.model.choose("scientist", {"task": "rank"}, Ranking, facts)
            strange = [i for i in answer.order if i not in ids]
            if strange or len(set(answer.order)) != len(answer.order):
                raise Rejected(
                    f"it ranked ids that do not exist or twice: {', '.join(strange) or answer.order}"
                )
            return {"order": answer.order, "why": _clean(answer.why, facts)}

        made = self._made(cycle, "rank", ",".join(ids), ask)
        order = [*(made or {"order": []})["order"], *ids]
        ranked = sorted(default, key=lambda f: order.index(f.id))
        return self._admitted(ranked)

    def prediction(self, cycle: str, study: Study, finding: Finding) -> dict[str, Any]:
        """See Choices."""
        default = playbook.prediction(study, finding)
        facts = {**default, "finding": _shown(finding)}
        needed = [
            *default["spec"]["symbols"],
            *([str(default["spec"]["min_trades"])] if default["spec"]["symbols"] else []),
        ]
        text = self._worded(cycle, "prediction", "scientist", finding.id, facts, needed)
        return {**default, "claim": text or default["claim"]}

    def decide(self, cycle: str, patch: Patch, options: Mapping[str, Any], policy: str) -> dict[str, Any]:
        """See Choices. The model may turn the policy's answer into a question or a no, never into a yes."""
        default = playbook.decide(patch, options, policy)
        if default["answer"] == "none":
            return default
        facts = {"policy_says": default["answer"], "patch": _patch_facts(patch)}

        def ask() -> dict[str, Any]:
            from agents.choice_answers import Opinion

            answer = self.model.choose("reviewer", {"task": "review"}, Opinion, facts)
            return {"answer": answer.answer, "why": _clean(answer.why, facts)}

        made = self._made(cycle, "review", patch.id, ask) or {"answer": "agree"}
        if made["answer"] == "reject":
            return {"answer": "reject", "by": f"model {self.model.name}: {made['why']}"}
        return {"answer": "ask"} if made["answer"] == "ask" else default

    def lesson(self, cycle: str, system: str, finding: Finding | None, patch: Patch) -> str:
        """See Choices."""
        default = playbook.lesson(system, finding, patch)
        facts = {
            "playbook": default,
            "system": system,
            "finding": None if finding is None else _shown(finding),
            "patch": _patch_facts(patch),
        }
        return self._worded(cycle, "lesson", "reviewer", patch.id, facts, [patch.id]) or default

    def questions(
        self, cycle: str, candidates: Sequence[Question], markets: Mapping[str, Market]
    ) -> list[Question]:
        """See Choices. A claim of the model's own must be one that a test can be made of."""
        facts = {
            "candidates": [{"claim": q.claim, "why": q.why} for q in candidates],
            "what_can_be_tested": what_can_be_tested(),
            "symbols": sorted(markets),
            "goals": goals_of_cycle(self.store, []),
        }

        def ask() -> dict[str, Any]:
            from agents import choice_answers

            answer = self.model.choose("scientist", {"task": "question"}, choice_answers.Question, facts)
            claim = " ".join(answer.claim.split())[:_MOST_CLAIM]
            if claim not in [q.claim for q in candidates]:
                compile_claim(claim, markets)  # raises where it is no claim that can be tested
            return {"claim": claim, "why": _clean(answer.why, facts)}

        made = self._made(cycle, "question", _key_of(q.claim for q in candidates), ask)
        if made is None:
            return list(candidates)
        rest = [q for q in candidates if q.claim != made["claim"]]
        known = next((q for q in candidates if q.claim == made["claim"]), None)
        return [known or Question(made["claim"], made["why"]), *rest]

    def gap(self, cycle: str, gaps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """See Choices."""
        if not gaps:
            return None
        kinds = [str(g["kind"]) for g in gaps]
        facts = {"gaps": [{n: g[n] for n in ("kind", "columns", "measured")} for g in gaps]}
        picked = self._picked(cycle, "gap", "engineer", kinds, facts)
        return None if picked == NONE else gaps[kinds.index(picked)] if picked else playbook.gap(gaps)

    def trials(self, cycle: str, most: int) -> int:
        """See Choices."""
        goals = goals_of_cycle(self.store, [])
        picked = self._picked(cycle, "search", "engineer", ["search"], {"most": most, "goals": goals})
        return 0 if picked == NONE else most

    def look(self, cycle: str, patch: Patch, home: Path) -> dict[str, Any] | None:
        """See Choices."""
        seen = next((v.evidence for v in patch.gates if v.name == "visual"), {})
        shots = [home / p[side] for p in seen.get("pages", ()) for side in ("before", "after") if p.get(side)]
        if not (self.model.sees and shots):
            return None

        def ask() -> dict[str, Any]:
            from agents.model_look import look_last

            return look_last(self.model, shots, seen, f"dashboards before and after patch {patch.id}")

        return self._made(cycle, "look", patch.id, ask)

    def _picked(
        self, cycle: str, choice: str, role: str, offered: Sequence[str], facts: Mapping[str, Any]
    ) -> str:
        """One of ``offered``, NONE, or "" where the playbook chooses."""

        def ask() -> dict[str, Any]:
            from agents.choice_answers import Pick

            answer = self.model.choose(role, {"task": choice, "offered": list(offered)}, Pick, facts)
            if answer.choice not in (*offered, NONE):
                raise Rejected(f"it picked {answer.choice!r}, which is not offered")
            return {"choice": answer.choice, "why": _clean(answer.why, facts)}

        return str((self._made(cycle, choice, _key_of(offered), ask) or {"choice": ""})["choice"])

    def _worded(
        self, cycle: str, choice: str, role: str, key: str, facts: Mapping[str, Any], needed: Sequence[str]
    ) -> str:
        """A sentence with nothing in it that the facts do not hold and ``needed`` in it; "" where the playbook's stands."""

        def ask() -> dict[str, Any]:
            from agents.choice_answers import Wording

            answer = self.model.choose(role, {"task": choice, "keep": list(needed)}, Wording, facts)
            return {"text": _sound(answer.text, facts, needed)}

        return str((self._made(cycle, choice, key, ask) or {"text": ""})["text"])

    def _made(
        self, cycle: str, choice: str, key: str, ask: Callable[[], dict[str, Any]]
    ) -> dict[str, Any] | None:
        """What the model chose, once for each cycle and question; None where it fell back."""
        node = f"model_{choice}"
        row = self.store.row(
            "SELECT result FROM effects WHERE cycle = ? AND node = ? AND key = ?", (cycle, node, key)
        )
        if row is not None:
            kept: dict[str, Any] | None = json.loads(row["result"])
            return kept
        if self._scope != cycle:
            self._scope = cycle
            self.model.begin(cycle)
        made, why = self._attempt(ask)
        if made is None:
            self.progress(f"{choice}: the playbook chooses; {why}")

        def keep() -> dict[str, Any] | None:
            by = self.model.name if made is not None else "playbook"
            self.ledger.append(KIND, {"cycle": cycle, "choice": choice, "key": key, "by": by, "why": why})
            return made

        result: dict[str, Any] | None = self.store.once(cycle, node, key, keep)
        return result

    @staticmethod
    def _attempt(ask: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any] | None, str]:
        try:
            made = ask()
        except MendelError as error:
            return None, str(error)
        return made, str(made.get("why", ""))


def _key_of(names: Iterable[str]) -> str:
    """A short key for what was to choose from."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _shown(finding: Finding) -> dict[str, Any]:
    """A finding as a model sees it."""
    document = finding_json(finding)
    names = ("id", "category", "severity", "file", "line", "summary", "counterexample")
    details = document["details"]
    return {**{n: document[n] for n in names}, **{n: details[n] for n in ("starved", "unit") if n in details}}


def _patch_facts(patch: Patch) -> dict[str, Any]:
    document = patch_json(patch)
    return {**document, "diff": str(document["diff"])[:_MOST_DIFF]}


def _clean(text: str, facts: Mapping[str, Any]) -> str:
    """A reason with what the facts do not hold struck out."""
    from agents.claims import check

    return check(" ".join(text.split())[:_MOST_SENTENCE], facts).text


def _sound(text: str, facts: Mapping[str, Any], needed: Sequence[str]) -> str:
    """The sentence, if it may be kept. Raises Rejected."""
    from agents.claims import check, claims_cause

    sentence = " ".join(text.split())
    checked = check(sentence, facts)
    if checked.struck:
        raise Rejected(f"its sentence names what no tool said: {', '.join(checked.struck)}")
    missing = [n for n in needed if n not in sentence]
    if missing:
        raise Rejected(f"its sentence leaves out {', '.join(missing)}")
    if claims_cause(sentence):
        raise Rejected("its sentence claims a cause")
    if not 0 < len(sentence) <= _MOST_SENTENCE:
        raise Rejected(f"its sentence has {len(sentence)} letters")
    return sentence


def open_choices(system: System, store: Store, ledger: Ledger, progress: Progress = quiet) -> PlaybookChoices:
    """The choices that ``[model]`` asks for. Raises ModelError for settings that contradict each other."""
    from agents.model import open_model

    model = open_model(system.config.model, ledger)
    return PlaybookChoices(store) if model is None else ModelChoices(model, store, ledger, progress)


def choices_of_cycle(ledger: Ledger, cycle: str) -> dict[str, Any]:
    """What a cycle's result says of who chose: ``{"made": [{"choice", "by", "why"}], "fallbacks": n}``."""
    rows = [e.body for e in ledger.entries(kind=KIND) if e.body.get("cycle") == cycle]
    made = [{name: row[name] for name in ("choice", "by", "why")} for row in rows]
    return {"made": made, "fallbacks": sum(row["by"] == "playbook" for row in made)}
