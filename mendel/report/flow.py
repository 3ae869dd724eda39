"""The way from columns to decisions as boxes and lines in four layers: what is read, where, which condition, what is
decided. It is taken from the ``data_flow`` and ``decisions`` of the architecture; a large system is thinned out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from mendel.report.values import Document, rows, text, texts

LAYERS = ("read", "where", "condition", "decision")
#: Boxes shown in a layer; what reaches the fewest decisions is left out.
MOST = {"read": 24, "where": 30, "condition": 30, "decision": 12}
SWEEPS = 6
#: Letters of a function with its module; a longer one is shown without.
NAME = 26
_VIA = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<text>.*)$", re.DOTALL)


@dataclass
class Box:
    """``name`` is what is written in it, ``full`` what it stands for. ``kind``: column, setting, function, condition or
    decision; ``idle`` where it reaches no decision. ``at`` is its place in its layer."""

    key: str
    layer: str
    name: str
    full: str
    kind: str
    idle: bool = False
    at: int = 0


@dataclass
class Picture:
    """Boxes by layer in the order in which they stand, lines between their keys, and what was left out, in words."""

    layers: dict[str, list[Box]] = field(default_factory=lambda: {name: [] for name in LAYERS})
    lines: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""


def picture(architecture: Document) -> Picture | None:
    """None where the architecture tells of no decision and no column."""
    found = _Collector()
    for row in rows(architecture.get("decisions")):
        found.decision(row)
    for row in rows(architecture.get("data_flow")):
        found.flow(row)
    if not found.boxes:
        return None
    thinned, left = _thinned(found)
    if left:
        parts = ", ".join(f"{n} {_WORDS[layer][n != 1]}" for layer, n in left.items() if n)
        thinned.note = (
            f"Not shown: {parts}. What reaches most decisions is; `mendel analyze --json` has everything."
        )
    _arrange(thinned)
    return thinned


_WORDS = {
    "read": ("input", "inputs"),
    "where": ("function", "functions"),
    "condition": ("condition", "conditions"),
    "decision": ("decision", "decisions"),
}


class _Collector:
    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.lines: dict[tuple[str, str], None] = {}
        self.reach: dict[str, set[str]] = {}

    def decision(self, row: Document) -> None:
        name = text(row.get("name"))
        decided = self._box(f"d:{name}", "decision", name, f"{name} ({_place(row)})", "decision")
        self.reach[decided].add(name)
        for condition in rows(row.get("conditions")):
            gate = self._condition(condition)
            self.reach[gate].add(name)
            self._line(gate, decided)

    def flow(self, row: Document) -> None:
        reaches = texts(row.get("reaches"))
        kind = "setting" if row.get("kind") == "setting" else "column"
        if kind == "setting" and not reaches:
            return
        name = text(row.get("column"))
        read = self._box(f"r:{kind}:{name}", "read", name, f"{kind} {name}", kind)
        file, function = text(row.get("file")), text(row.get("function"), "")
        shown = f"{PurePosixPath(file).stem}.{function or 'module'}"
        if len(shown) > NAME and function:
            shown = function
        where = self._box(f"f:{file}:{function}", "where", shown, f"{function or file} in {file}", "function")
        self._line(read, where)
        gates = [m for via in texts(row.get("via")) if (m := _VIA.match(via))]
        for match in gates:
            gate = self._condition(match.groupdict())
            self._line(where, gate)
        for decided in reaches:
            for key in (read, where):
                self.reach[key].add(decided)
            if not gates and f"d:{decided}" in self.boxes:
                self._line(where, f"d:{decided}")

    def _condition(self, row: Document) -> str:
        said = text(row.get("text"))
        key = f"c:{text(row.get('file'))}:{row.get('line')}:{said}"
        return self._box(key, "condition", said, f"{said} ({_place(row)})", "condition")

    def _box(self, key: str, layer: str, name: str, full: str, kind: str) -> str:
        self.boxes.setdefault(key, Box(key, layer, name, full, kind))
        self.reach.setdefault(key, set())
        return key

    def _line(self, start: str, end: str) -> None:
        self.lines[start, end] = None


def _place(row: Document) -> str:
    return f"{text(row.get('file'))}:{text(row.get('line'), '?')}"


def _thinned(found: _Collector) -> tuple[Picture, dict[str, int]]:
    """The boxes that reach most, and how many of each layer are left out."""
    result, left = Picture(), {}
    degree = {key: sum(key in line for line in found.lines) for key in found.boxes}
    for layer in LAYERS:
        own = [b for b in found.boxes.values() if b.layer == layer]
        ranked = sorted(own, key=lambda b: (b.kind == "setting", -len(found.reach[b.key]), -degree[b.key]))
        kept = {b.key for b in ranked[: MOST[layer]]}
        result.layers[layer] = [b for b in own if b.key in kept]
        left[layer] = len(own) - len(kept)
    shown = {b.key for boxes in result.layers.values() for b in boxes}
    result.lines = [line for line in found.lines if line[0] in shown and line[1] in shown]
    for boxes in result.layers.values():
        for box in boxes:
            box.idle = not found.reach[box.key]
    return result, {layer: n for layer, n in left.items() if n}


def _arrange(found: Picture) -> None:
    """Each box as near as can be to the middle of its neighbours, so that few lines cross; idle ones last, settings below
    columns."""
    beside: dict[str, list[str]] = {}
    for start, end in found.lines:
        beside.setdefault(start, []).append(end)
        beside.setdefault(end, []).append(start)
    spot = {b.key: i / max(1, len(boxes)) for boxes in found.layers.values() for i, b in enumerate(boxes)}
    for _ in range(SWEEPS):
        for layer in (*reversed(LAYERS), *LAYERS):
            boxes = found.layers[layer]
            middle = {b.key: _middle(b.key, beside, spot) for b in boxes}
            boxes.sort(key=lambda b: (b.idle, b.kind == "setting", middle[b.key]))
            for i, box in enumerate(boxes):
                box.at, spot[box.key] = i, i / max(1, len(boxes))


def _middle(key: str, beside: dict[str, list[str]], spot: dict[str, float]) -> float:
    others = [spot[k] for k in beside.get(key, ())]
    return sum(others) / len(others) if others else spot[key]
