"""Figures, diffs and bars as a person reads them."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendel.report import charts, words
from mendel.report.counterexample import explain
from mendel.report.diff import MOST_LINES, read_diff
from mendel.report.page import marked
from mendel.report.silence import funnel
from mendel.report.values import clean_text, number
from tests.mendel import report_sample as sample

LINES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=20), max_size=12)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "unknown"),
        (0.0, "0 %"),
        (0.3423, "34.2 %"),
        (0.00566, "0.57 %"),
        (0.00068, "0.068 %"),
        (1e-7, "< 0.001 %"),
        (1.0, "100 %"),
    ],
)
def test_share(value: float | None, shown: str) -> None:
    assert words.share(value).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_signed_figures() -> None:
    assert words.gain(-0.1587) == "−15.87\N{NO-BREAK SPACE}%"
    assert [words.bps(v) for v in (-14.4, 3.595, 190.2, None)] == ["−14", "+3.6", "+190", "unknown"]
    assert [words.count(v) for v in (1721.0, None)] == ["1,721", "unknown"]
    assert words.typeset("trades 1 -> 2; TON -14 bps, no-one") == "trades 1 → 2; TON −14 bps, no-one"


def test_lists_and_moments() -> None:
    assert [words.listed(["a", "b", "c", "d", "e"][:n]) for n in range(6)] == [
        "none", "a", "a and b", "a, b and c", "a, b, c and d", "a, b, c and 2 more",
    ]  # fmt: skip
    assert words.moment("2025-07-05T18:00:00+02:00") == "2025-07-05 16:00 UTC"
    assert words.moment("soon") == "soon"
    assert (
        words.dated("before 2025-07-15T03:35:00+00:00, not 2025") == "before 2025-07-15 03:35 UTC, not 2025"
    )


@given(st.one_of(st.none(), st.booleans(), st.text(), st.floats(), st.integers()))
def test_a_number_is_finite_or_unknown(value: object) -> None:
    found = number(value)
    assert found is None or math.isfinite(found)
    assert not isinstance(value, bool | str) or found is None


@given(st.text())
def test_clean_text_hides_nothing(value: str) -> None:
    cleaned = clean_text(value)
    cleaned.encode("utf-8")
    assert all(c in "\n\t" or c.isprintable() or unicodedata.category(c) == "Zs" for c in cleaned)
    assert clean_text(cleaned) == cleaned


@given(st.text(alphabet="ab`<&"))
def test_marks_lose_no_character(value: str) -> None:
    shown = str(marked(value)).replace("<code>", "`").replace("</code>", "`")
    assert shown.replace("&lt;", "<").replace("&amp;", "&") == value


@given(LINES, LINES)
def test_a_diff_shows_every_line_with_its_number(old: list[str], new: list[str]) -> None:
    lines = ["diff --git a/x.py b/x.py", *difflib.unified_diff(old, new, "a/x.py", "b/x.py", lineterm="")]
    shown = [line for file in read_diff("\n".join(lines)).files for line in file.lines]
    for row in shown:
        code = re.sub(r"</?span[^>]*>", "", str(row.code))
        plain = (
            code.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#34;", '"')
            .replace("&#39;", "'")
            .replace("&amp;", "&")
        )
        if row.old is not None:
            assert plain == old[row.old - 1]
        if row.new is not None:
            assert plain == new[row.new - 1]
    changes = [line for line in lines[3:] if line[:1] in ("+", "-")]
    assert sum(row.kind in ("added", "removed") for row in shown) == len(changes)


def test_a_diff_of_several_files_and_of_none() -> None:
    two = read_diff(sample.DIFF + sample.DIFF.replace("config", "rules"))
    assert [(f.path, f.added, f.removed) for f in two.files] == [
        ("bot/config.py", 3, 1),
        ("bot/rules.py", 3, 1),
    ]
    assert [line.old for line in two.files[0].lines if line.kind == "removed"] == [20]
    assert 'class="m"' in str(two.files[0].lines[2].code)
    assert read_diff("no diff at all").files == ()
    plain = read_diff("--- a/x.txt\n+++ b/x.txt\n@@ -1 +1,2 @@\n a\n+++ b\n")
    assert [(f.path, f.added) for f in plain.files] == [("x.txt", 1)]


def test_a_long_diff_says_what_it_leaves_out() -> None:
    body = "\n".join(f"+x{k} = {k}" for k in range(2000))
    long = read_diff(f"diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -0,0 +1,2000 @@\n{body}")
    assert long.left_out == 2004 - MOST_LINES


def test_bars_have_lengths_in_proportion() -> None:
    assert re.findall(r'class="v k" x="(.*?)%" width="(.*?)%"', charts.bar(5, 20, "k")) == [("0", "25")]
    assert "v k" not in charts.bar(None, 20, "k") and "v k" not in charts.bar(0.0, 0.0, "k")
    assert re.findall(r'x="(.*?)%" width="(.*?)%"', charts.signed_bar(-1, -4, 4, "k")) == [("37.5", "12.5")]
    assert charts.span([None, -2.0, None]) == (-2.0, 0.0)


def test_the_funnel_keeps_every_condition_once() -> None:
    why = sample.silence()
    told = funnel("TONUSDT", why)
    assert told.blocking is told.first[0] and told.blocking.if_open == 151
    assert len(told.first) + len(told.rest) == len(why["gates"])
    assert told.busiest == ("ETHUSDT", 184.0)


def test_a_counterexample_of_an_unknown_probe_is_still_told() -> None:
    told = explain({"counterexample": {"probe": "tea_leaves", "cups": 3}})
    assert told is not None and told.story == "probe: tea_leaves; cups: 3." and told.rows == ()
    assert explain({"counterexample": {}}) is None


def test_a_counterexample_shows_what_differs() -> None:
    told = explain(sample.findings()[0])
    assert told is not None and told.columns == ("as recorded", "volume × 8")
    assert [(row.what, row.before, row.then) for row in told.rows if row.changed] == [
        ("open a long", "no", "yes")
    ]
