"""From answers to figures. Pure: rows in, a JSON document out."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lab.bugs.cases import CLEAN
from lab.bugs.split import HELD_OUT_OPERATORS, HELD_OUT_STYLES, is_held_out

Row = Mapping[str, Any]
TRUE = ("hit", "consequence", "untested")


def scoreboard(rows: Iterable[Row]) -> dict[str, Any]:
    """``tuned`` and ``held_out`` apart, then by operator, by style, clean strategies, void cases and seconds."""
    rows = sorted(rows, key=lambda r: (r["market"], r["style"], r["operator"]))
    cases = [r for r in rows if r["operator"] != CLEAN]
    judged = [r for r in cases if r["status"] == "judged"]
    clean = [r for r in rows if r["operator"] == CLEAN and r["status"] == "judged"]
    aside = [r for r in judged if is_held_out(r["operator"], r["style"])]
    seconds = [r["seconds"] for r in [*judged, *clean]]
    return {
        "all": summary(judged),
        "tuned": summary([r for r in judged if r not in aside]),
        "held_out": {
            **summary(aside),
            "operators": summary([r for r in aside if r["style"] not in HELD_OUT_STYLES]),
            "styles": summary([r for r in aside if r["operator"] not in HELD_OUT_OPERATORS]),
        },
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
    return {
        "n": len(judged),
        "hits": sum(bool(r["hit"]) for r in judged),
        "recall": _share(sum(bool(r["hit"]) for r in judged), len(judged)),
        "findings": len(findings),
        "false": len(findings) - len(true),
        "precision": _share(len(true), len(findings)),
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
