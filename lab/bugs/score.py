"""From answers to figures. Pure: rows in, a JSON document out.

A finding is true when it is the hit; when the operator names its category as a consequence; or when it is a *true effect*: its
category states what was counted while the strategy ran, no diagnosis (``FACTS``), its own test fails on the mutant, and the same
test passes on the clean strategy. The planted change is all that lies between the two, so what the finding says was made true by
it: a rule that a shifted window has put out of reach really never runs. It is never a hit: a case whose only true finding is
an effect counts as missed. ``effects`` counts them, and ``precision_strict`` takes each for false.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lab.bugs.split import CLEAN, HELD_OUT_OPERATORS, HELD_OUT_STYLES, is_held_out, is_unseen

Row = Mapping[str, Any]
EFFECT = "effect"
TRUE = ("hit", "consequence", "untested", EFFECT)
#: Never held, is never read: categories that say what was seen, and can be true of a mutant for that alone.
FACTS = frozenset({"unreachable_rule", "unwired_setting"})


def scoreboard(rows: Iterable[Row]) -> dict[str, Any]:
    """``tuned``, ``held_out`` and ``unseen`` apart, then by operator, by style, clean strategies, void cases and seconds."""
    rows = sorted(rows, key=lambda r: (r["market"], r["style"], r["operator"]))
    cases = [r for r in rows if r["operator"] != CLEAN]
    judged = [r for r in cases if r["status"] == "judged"]
    clean = [r for r in rows if r["operator"] == CLEAN and r["status"] == "judged"]
    unseen = [r for r in judged if is_unseen(r["operator"])]
    aside = [r for r in judged if is_held_out(r["operator"], r["style"]) and r not in unseen]
    seconds = [r["seconds"] for r in [*judged, *clean]]
    return {
        "all": summary(judged),
        "tuned": summary([r for r in judged if r not in aside and r not in unseen]),
        "held_out": {
            **summary(aside),
            "operators": summary([r for r in aside if r["style"] not in HELD_OUT_STYLES]),
            "styles": summary([r for r in aside if r["operator"] not in HELD_OUT_OPERATORS]),
        },
        "unseen": summary(unseen),
        "markets": _grouped(judged, lambda r: str(r["market"])),
        "operators": _grouped(cases, lambda r: str(r["operator"]), HELD_OUT_OPERATORS),
        "styles": _grouped(cases, lambda r: str(r["style"]), HELD_OUT_STYLES),
        "clean": {
            "n": len(clean),
            "false_findings": [_named(r, f) for r in clean for f in r["findings"]],
        },
        "void": [_name(r) for r in cases if r["status"] == "void"],
        "seconds_a_system": {
            "median": statistics.median(seconds) if seconds else None,
            "max": max(seconds, default=None),
            "n": len(seconds),
        },
    }


def summary(judged: Sequence[Row]) -> dict[str, Any]:
    """Recall over cases, precision over findings; None where there is nothing to divide by."""
    findings = [f for r in judged for f in r["findings"]]
    true = [f for f in findings if f["verdict"] in TRUE]
    effects = sum(f["verdict"] == EFFECT for f in findings)
    return {
        "n": len(judged),
        "hits": sum(bool(r["hit"]) for r in judged),
        "recall": _share(sum(bool(r["hit"]) for r in judged), len(judged)),
        "findings": len(findings),
        "false": len(findings) - len(true),
        "effects": effects,
        "precision": _share(len(true), len(findings)),
        "precision_strict": _share(len(true) - effects, len(findings)),
        "missed": [_name(r) for r in judged if not r["hit"]],
        "false_findings": [_named(r, f) for r in judged for f in r["findings"] if f["verdict"] not in TRUE],
    }


def _grouped(
    rows: Sequence[Row], key: Callable[[Row], str], aside: frozenset[str] = frozenset()
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted({key(r) for r in rows}):
        own = [r for r in rows if key(r) == name]
        figures = summary([r for r in own if r["status"] == "judged"])
        found[name] = {
            "held_out": name in aside,
            **{k: figures[k] for k in ("n", "hits", "recall", "precision")},
            "void": sum(r["status"] == "void" for r in own),
        }
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _name(row: Row) -> str:
    return f"{row['operator']} in {row['style']}" + (
        "" if row["market"] == "generated" else f" ({row['market']})"
    )


def _named(row: Row, finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "case": _name(row),
        **{k: finding.get(k) for k in ("verdict", "category", "file", "line", "summary")},
    }
