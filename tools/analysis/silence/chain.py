"""The chain of gates that an entry has to pass: which conditions, which way, and how often all of them at once.

Nobody reads the source for it. A condition is a candidate for the chain of an entry when it came out the same way at every
bar at which that entry was decided, although it comes out the other way elsewhere, and chance would not have done that. It
belongs to the chain when a re-run with it held shut has no such entry any more. A rule that remembers (``crossed an hour
ago``) is not seen where it was set, only where it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.analysis.silence.by_bar import Seen
from tools.analysis.silence.instrument import Condition
from tools.contracts import Floats

ENTRIES = ("enter_long", "enter_short")
#: Entries that are needed, the share of them at which a condition must have been asked, and the chance that is allowed.
ENOUGH, ASKED, CHANCE, SAME = 5, 0.9, 0.05, 0.99
#: (symbol, slot, outcome, decision) -> whether no such entry is left when the gate does not come out so.
Shut = Callable[[str, int, bool, str], bool]


@dataclass(frozen=True)
class Link:
    """One gate of a chain: the outcome that opens it, how often it is open, and how often it and all before it are, as
    fractions of the symbol's bars; None where the bars are not known."""

    condition: Condition
    opens_when: bool
    open_rate: float | None
    joint_rate: float | None


@dataclass(frozen=True)
class Chain:
    """The way to one entry. ``joint_rate``: the share of bars at which every gate is open. ``known_from`` names the
    symbols whose entries told it."""

    decision: str
    links: tuple[Link, ...]
    joint_rate: float | None
    known_from: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The shape of ``mendel why-silent``."""
        return {
            "decision": self.decision,
            "joint_rate": self.joint_rate,
            "known_from": list(self.known_from),
            "gates": [
                {
                    "file": link.condition.file,
                    "line": link.condition.line,
                    "condition": link.condition.text,
                    "opens_when": link.opens_when,
                    "pass_rate": link.open_rate,
                    "joint_rate": link.joint_rate,
                }
                for link in self.links
            ],
        }


def chains(
    conditions: Sequence[Condition],
    sources: Mapping[str, Seen],
    here: Seen | None,
    forced: Mapping[int, bool],
    shut: Shut,
) -> list[Chain]:
    """The chains of the entries that ``sources`` (by symbol) decide, measured on ``here``. ``forced`` are gates that the
    sources only passed because they were held open: they belong to every chain. ``shut`` proves the others."""
    found = []
    for decision in ENTRIES:
        entries = {n: int((s.decisions.column(decision) > 0).sum()) for n, s in sources.items()}
        busiest = max(entries, key=lambda n: entries[n], default="")
        if not busiest or not entries[busiest]:
            continue
        likely = _required(conditions, sources, decision)
        proven = {slot: v for slot, v in likely.items() if shut(busiest, slot, v, decision)}
        wanted = {**proven, **forced}
        chosen = [c for c in conditions if c.slot in wanted]
        links = _links(chosen, wanted, here)
        joint = links[-1].joint_rate if links else None
        found.append(Chain(decision, tuple(links), joint, tuple(n for n in entries if entries[n])))
    return found


def _required(conditions: Sequence[Condition], sources: Mapping[str, Seen], decision: str) -> dict[int, bool]:
    wanted: dict[int, bool] = {}
    for condition in conditions:
        runs = [
            (s.outcomes[condition.slot], s.decisions.column(decision) > 0)
            for s in sources.values()
            if condition.slot in s.outcomes
        ]
        if runs and (outcome := _always(runs)) is not None:
            wanted[condition.slot] = outcome
    return wanted


def _always(runs: list[tuple[Floats, np.ndarray]]) -> bool | None:
    """The outcome that a condition has at every entry; None where it has both, or where that says nothing."""
    entered = np.concatenate([run[mask] for run, mask in runs])
    known = entered[np.isfinite(entered)]
    if len(known) < ENOUGH or len(known) < ASKED * len(entered):
        return None
    held = float(known.mean())
    if max(held, 1.0 - held) < SAME:
        return None
    everywhere = np.concatenate([run for run, _ in runs])
    share = float(np.nanmean(everywhere == 1.0 if held > 0.5 else everywhere == 0.0))
    asked = float(np.isfinite(everywhere).mean())
    starts = sum(int(np.count_nonzero(np.diff(mask.astype(np.int8)) == 1)) for _, mask in runs)
    chance = (share / asked if asked else 1.0) ** max(1, starts)
    return held > 0.5 if chance < CHANCE else None


def _links(chosen: Sequence[Condition], wanted: Mapping[int, bool], here: Seen | None) -> list[Link]:
    links: list[Link] = []
    joint: np.ndarray | None = None
    for condition in chosen:
        open_here = opened(here, condition.slot, wanted[condition.slot])
        if open_here is None:
            links.append(Link(condition, wanted[condition.slot], None, None))
            continue
        joint = open_here if joint is None else joint & open_here
        rates = float(open_here.mean()), float(joint.mean())
        links.append(Link(condition, wanted[condition.slot], *rates))
    return links


def opened(seen: Seen | None, slot: int, outcome: bool) -> np.ndarray | None:
    """Bool per bar: the gate is open there. A gate that is not asked is not open."""
    if seen is None or slot not in seen.outcomes or not len(seen.outcomes[slot]):
        return None
    run = seen.outcomes[slot]
    return np.asarray(run == (1.0 if outcome else 0.0))
