"""The parts of seeing that need no browser: targets, facts, figures, pictures, differences and their reasons."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.vision.checks.metrics import agrees, shown_number
from tools.vision.compare import differences, new_blocking
from tools.vision.contracts import Look, PageFinding, Shot, VisionError
from tools.vision.explain import Cause, contradicts_source, explain, unexplained
from tools.vision.facts import panels, time_of
from tools.vision.insights import MEANING
from tools.vision.picture import ink, read_picture
from tools.vision.targets import find_targets, is_loopback
from tools.vision.visual_intelligence import VisualIntelligence

MOMENTS = st.integers(631152000, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("http://example.org/", "not on this machine"),
        ("https://127.0.0.1.example.org/x", "not on this machine"),
        ("ftp://localhost/x", "only http, https and files"),
        ("http://[::1/", "not an address"),
        ("nothing.html", "no such page"),
        ("none/*.html", "no HTML page there"),
        ("file://elsewhere/x.html", "not a file of this machine"),
    ],
)
def test_what_cannot_be_looked_at(text: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(VisionError, match=line) as caught:
        find_targets(text, tmp_path)
    assert "\n" not in str(caught.value)


def test_files_folders_and_globs(tmp_path: Path) -> None:
    for name in ("b.html", "a.htm", "notes.txt", "odd [1].html"):
        (tmp_path / name).write_text("x")
    assert [t.name for t in find_targets(str(tmp_path))] == ["a", "b", "odd [1]"]
    assert [t.name for t in find_targets("*.html", tmp_path)] == ["b", "odd [1]"]
    assert [t.name for t in find_targets("odd [1].html", tmp_path)] == ["odd [1]"]
    assert find_targets((tmp_path / "b.html").as_uri())[0].folder == tmp_path.resolve()
    with pytest.raises(VisionError, match="not an HTML page"):
        find_targets("notes.txt", tmp_path)


def test_names_of_this_machine() -> None:
    assert all(is_loopback(h) for h in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "a.localhost"))
    assert not any(
        is_loopback(h) for h in (None, "", "0.0.0.0", "10.0.0.1", "localhost.example.org", "128.0.0.1")
    )


@given(MOMENTS)
def test_every_form_of_a_time_is_one_time(moment: datetime) -> None:
    seconds = int(moment.timestamp())
    forms = [
        moment.isoformat(),
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        seconds,
        seconds * 1000,
    ]
    assert {time_of(f) for f in forms} == {seconds * 1_000_000_000}


@pytest.mark.parametrize("value", [None, True, "yesterday", "", 1.5, float("nan"), "2025", [], {}])
def test_what_is_no_time(value: Any) -> None:
    assert time_of(value) is None


@given(
    st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-4),
    st.sampled_from([0, 2, 4]),
    st.sampled_from([1.0, 100.0, 1e4]),
)
def test_a_rounded_figure_agrees_with_its_value(value: float, digits: int, scale: float) -> None:
    shown = shown_number(f"{value * scale:,.{digits}f} %")
    assert shown is not None and agrees(value, *shown)


def test_a_wrong_figure_does_not_agree() -> None:
    for value, text in ((0.1234, "21.34 %"), (63.0, "64"), (0.05, "0.51 %"), (1234.5, "1,244.5")):
        assert not agrees(value, *(shown_number(text) or (0.0, 0.0)))
    assert shown_number("unknown") is None and shown_number("−3.50 %") == (-3.5, pytest.approx(0.005))


def test_hostile_facts_are_read_without_harm() -> None:
    raw = {
        "panels": [
            None,
            3,
            {},
            {"name": {"a": 1}, "n": "x", "yRange": [1], "plot": [1, 2], "markers": [4, [], [1, 2, 3, 4]]},
        ]
    }
    read = panels(Shot("x", b"", raw, {}))
    assert len(read) == 2 and read[1].n is None and read[1].plot is None and len(read[1].marks) == 3


def test_ink_is_the_share_that_is_not_ground() -> None:
    picture = np.full((100, 100, 3), 255, dtype=np.uint8)
    assert ink(picture) == 0.0
    picture[:10, :10] = 0
    assert ink(picture) == pytest.approx(0.01)
    assert ink(read_picture(b"")) == 0.0


def test_a_picture_is_read_as_it_is() -> None:
    from PIL import Image

    stored = io.BytesIO()
    Image.new("RGB", (3, 2), (1, 2, 3)).save(stored, "PNG")
    assert read_picture(stored.getvalue()).tolist() == [[[1, 2, 3]] * 3] * 2


def shot(**panel: Any) -> Shot:
    price = {
        "name": "price",
        "n": 3,
        "first": "a",
        "last": "b",
        "sum": 1.0,
        "yRange": [0, 1],
        "markers": [["t", "buy", 1.0]],
    }
    dom = {"metrics": [{"name": "trades", "symbol": None, "text": panel.pop("trades", "6")}], "fields": []}
    return Shot("x", b"", {"panels": [price | panel, {"name": "equity", "sum": panel.get("equity", 1)}]}, dom)


def test_every_difference_is_told_exactly() -> None:
    assert not differences(shot(), shot())
    found = differences(shot(), shot(sum=1.0000001, markers=[["t", "sell", 1.0]], trades="7", equity=2))
    assert [(d.where, d.what) for d in found] == [
        ("price", "sum"),
        ("price", "markers"),
        ("equity", "sum"),
        ("trades", "text"),
    ]
    assert found[1].before == {"count": 1, "first": ["t buy 1.0"]} and found[1].after == {
        "count": 1,
        "first": ["t sell 1.0"],
    }


def test_only_changed_decisions_explain_changed_fills() -> None:
    found = differences(shot(), shot(markers=[], trades="7", equity=2))
    assert not unexplained(found, Cause(decisions=True))
    assert unexplained(found, Cause(decisions=False)) == found
    assert unexplained(found, Cause(decisions=True, behaviour=False)) == found
    assert not unexplained(found, Cause(False, by_itself=frozenset(d.key for d in found)))


def test_nothing_explains_other_candles() -> None:
    (changed,) = differences(shot(), shot(sum=2.0))
    assert explain(changed, Cause(True, new_panels=True)) is None and contradicts_source(changed)


def test_only_what_is_new_counts_against_a_patch() -> None:
    def seen(*codes: str) -> Look:
        return Look(shot(), tuple(PageFinding(code, "") for code in codes))

    assert [f.code for f in new_blocking(seen("axis"), seen("axis", "axis", "stale"))] == ["axis", "stale"]
    assert not new_blocking(seen("axis", "stale"), seen("stale"))


def test_insights_say_the_worst_first() -> None:
    lines = VisualIntelligence().generate_insights(
        [
            PageFinding("page-overflow", "wide", False),
            PageFinding("error-text", "'NaN'"),
            PageFinding("error-text", "'null'"),
        ]
    )
    assert (
        len(lines) == 2
        and "(2 times)" in lines[0]
        and "NaN" in lines[0]
        and lines[1].endswith("It does not block.")
    )


def test_every_code_has_a_meaning() -> None:
    import re

    folder = Path(__file__).parents[2] / "tools" / "vision" / "checks"
    used = {
        c
        for p in folder.glob("*.py")
        for c in re.findall(r'PageFinding\(\s*"([a-z-]+)"', p.read_text(encoding="utf-8"))
    }
    assert used - MEANING.keys() == set() and len(used) > 25
