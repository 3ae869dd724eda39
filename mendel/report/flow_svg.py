"""The flow as inline SVG: inputs left, decisions right. No script; what a box stands for in full is its title."""

from __future__ import annotations

from markupsafe import Markup

from mendel.report.flow import LAYERS, Box, Picture

WIDTH, ROW, HEAD, HIGH = 880, 24, 30, 18
#: Left edge, width and letters of each layer's boxes.
PLACES = {
    "read": (1, 118, 16),
    "where": (172, 190, 27),
    "condition": (418, 316, 46),
    "decision": (787, 92, 12),
}
TITLES = {"read": "read", "where": "where", "condition": "condition", "decision": "decides"}


def drawn(found: Picture) -> Markup:
    """The picture; its height follows the fullest layer."""
    most = max(len(boxes) for boxes in found.layers.values())
    height = HEAD + ROW * most + 4
    tops = {layer: HEAD + ROW * (most - len(found.layers[layer])) / 2 for layer in LAYERS}
    boxes = {b.key: (b, tops[b.layer] + ROW * b.at) for layer in LAYERS for b in found.layers[layer]}
    lines = Markup("").join(_line(*boxes[start], *boxes[end]) for start, end in found.lines)
    shapes = Markup("").join(_box(box, top) for box, top in boxes.values())
    heads = Markup("").join(
        Markup('<text class="head" x="{}" y="14">{}</text>').format(PLACES[layer][0], TITLES[layer])
        for layer in LAYERS
        if found.layers[layer]
    )
    counts = ", ".join(f"{len(found.layers[layer])} {TITLES[layer]}" for layer in LAYERS)
    return Markup(
        '<svg class="flow" viewBox="0 0 {} {}" role="img" aria-label="From what is read to what is decided: {}">{}{}{}</svg>'
    ).format(WIDTH, f"{height:g}", counts, lines, heads, shapes)


def _line(start: Box, top: float, end: Box, below: float) -> Markup:
    left, width, _ = PLACES[start.layer]
    x1, y1, x2, y2 = left + width, top + HIGH / 2, PLACES[end.layer][0], below + HIGH / 2
    bend = (x2 - x1) * (0.5 if x2 - x1 < 200 else 0.3)
    path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    return Markup('<path class="{}" d="{}"/>').format("idle" if start.idle else start.kind, path)


def _box(box: Box, top: float) -> Markup:
    left, width, letters = PLACES[box.layer]
    return Markup(
        '<g class="{}"><title>{}</title><rect x="{}" y="{:g}" width="{}" height="{}" rx="3"/><text x="{}" y="{:g}">{}</text></g>'
    ).format(
        f"{box.kind} idle" if box.idle else box.kind,
        box.full,
        left,
        top,
        width,
        HIGH,
        left + 5,
        top + 12.5,
        short(box.name, letters),
    )


def short(name: str, letters: int) -> str:
    """At most so many letters: the middle of a long name goes, since its end tells as much as its start."""
    one_line = " ".join(name.split())
    if len(one_line) <= letters:
        return one_line
    tail = letters // 4
    return f"{one_line[: letters - tail - 1]}\N{HORIZONTAL ELLIPSIS}{one_line[-tail:]}"
