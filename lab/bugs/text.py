"""The scoreboard for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def scoreboard_text(document: Mapping[str, Any]) -> str:
    """A table of the parts, of operators and of styles, then what was missed and what was made up."""
    lines = [f"{'':<26}{'cases':>6}{'found':>7}{'recall':>8}{'precision':>11}{'void':>6}"]
    halves = {"tuned": document["tuned"], "held out": document["held_out"], "unseen": document["unseen"]}
    lines += [_line(name, figures) for name, figures in halves.items() if figures["n"]]
    for kind in ("operators", "styles"):
        lines += ["", f"By {kind} (* held out)"]
        lines += [
            _line(("* " if figures["held_out"] else "  ") + name, figures)
            for name, figures in document[kind].items()
        ]
    clean = document["clean"]
    lines += ["", f"Clean strategies: {clean['n']}, false findings: {len(clean['false_findings'])}"]
    lines += [f"  {f['case']}: {f['category']} {f['file']}:{f['line']}" for f in clean["false_findings"]]
    for half in halves.values():
        lines += [f"Missed: {name}" for name in half["missed"]]
        lines += [
            f"False: {f['case']}: {f['category']} {f['file']}:{f['line']} ({f['verdict']})"
            for f in half["false_findings"]
        ]
    lines += [f"Void: {name}" for name in document["void"]]
    each = document["seconds_a_system"]
    if each["n"]:
        lines.append(
            f"{each['median']:.1f} s a system in the middle, {each['max']:.1f} s at most, n = {each['n']}."
        )
    return "\n".join(lines)


def _line(name: str, figures: Mapping[str, Any]) -> str:
    void = figures.get("void", "")
    return f"{name:<26}{figures['n']:>6}{figures['hits']:>7}{_share(figures['recall']):>8}{_share(figures['precision']):>11}{void:>6}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
