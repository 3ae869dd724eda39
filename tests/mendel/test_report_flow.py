"""The picture of the data flow: inputs left, decisions right, nothing over anything else, thinned where it is large."""

from __future__ import annotations

import re
from typing import Any

import report_sample
from hypothesis import given, settings
from hypothesis import strategies as st

from mendel.report.flow import LAYERS, MOST, picture
from mendel.report.flow_svg import PLACES, drawn, short
from mendel.report.page import render_report

LETTER = 6.65


def architecture(columns: int, functions: int, decisions: int = 4) -> dict[str, Any]:
    """Every function reads one column and decides one thing behind one condition."""
    flow, gates = [], {f"decision_{d}": [] for d in range(decisions)}
    for i in range(functions):
        place = {"file": f"bot/part_{i % 5}.py", "line": 10 + i}
        name, said = (
            f"decision_{i % decisions}",
            f"feature_number_{i} > settings.threshold_{i} * something_long",
        )
        gates[name].append({**place, "text": said})
        via = [f"{place['file']}:{place['line']}: {said}"]
        flow.append({"column": f"column_{i % columns}", "kind": "column", **place, "function": f"compute_{i}",
                     "reaches": [name], "via": via})  # fmt: skip
    flow.append({"column": "idle", "kind": "column", "file": "bot/a.py", "line": 1, "function": "look", "reaches": [],
                 "via": []})  # fmt: skip
    told = [{"name": n, "file": "bot/main.py", "line": 3, "conditions": c} for n, c in gates.items()]
    return {"data_flow": flow, "decisions": told}


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 14), st.integers(1, 80), st.integers(1, 9))
def test_boxes_never_overlap_and_labels_stay_inside(columns: int, functions: int, decisions: int) -> None:
    found = picture(architecture(columns, functions, decisions))
    assert found is not None
    svg = str(drawn(found))
    shapes = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="3"/><text[^>]*>([^<]*)<', svg
    )
    spots = [(float(x), float(y), float(w), float(h), label) for x, y, w, h, label in shapes]
    assert len(spots) == sum(len(found.layers[layer]) for layer in LAYERS)
    for i, (x, y, w, h, label) in enumerate(spots):
        assert len(label.replace("&gt;", ">")) * LETTER <= w - 5
        assert not any(
            a < x + w and x < a + c and b < y + h and y < b + d for a, b, c, d, _ in spots[i + 1 :]
        )
    assert all(len(found.layers[layer]) <= MOST[layer] for layer in LAYERS)


def test_every_line_goes_to_the_right_between_boxes_that_are_shown() -> None:
    found = picture(architecture(12, 30))
    assert found is not None
    layer = {box.key: LAYERS.index(box.layer) for boxes in found.layers.values() for box in boxes}
    assert found.lines
    assert all(layer[start] < layer[end] for start, end in found.lines)
    assert [b.name for b in found.layers["read"] if b.idle] == ["idle"]
    assert found.layers["read"][-1].name == "idle"
    lefts = [PLACES[name][0] for name in LAYERS]
    assert lefts == sorted(lefts)


def test_a_large_system_is_thinned_out_and_says_so() -> None:
    found = picture(architecture(12, 90))
    assert found is not None
    assert len(found.layers["where"]) == MOST["where"]
    assert "61 functions" in found.note
    assert "60 conditions" in found.note
    assert picture(architecture(3, 5)).note == ""  # type: ignore[union-attr]


def test_nothing_to_draw() -> None:
    assert picture({}) is None
    assert picture({"data_flow": [], "decisions": []}) is None


def test_the_page_shows_the_picture_and_the_waivers_with_their_reasons() -> None:
    result = {**report_sample.result(), "architecture": architecture(5, 8)}
    hostile = "<b>lots</b>"
    page = render_report(
        {**result, "waivers": {"volume_scale": f"traded in {hostile}"}}, generated="2026-01-01"
    )
    assert '<svg class="flow"' in page
    assert "Waived by you" in page
    assert "volume scale" in page
    assert "traded in &lt;b&gt;lots&lt;/b&gt;" in page
    plain = render_report(report_sample.result(), generated="2026-01-01")
    assert '<svg class="flow"' not in plain
    assert "Waived by you" not in plain


def test_a_long_name_keeps_its_start_and_its_end() -> None:
    assert short("volume > floor", 20) == "volume > floor"
    cut = short("a_very_long_condition_of_the_market > 3.5", 20)
    assert len(cut) == 20
    assert cut.startswith("a_very")
    assert cut.endswith("> 3.5")
