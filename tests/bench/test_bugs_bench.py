"""The benchmark of planted defects is fair: one edit a case, a sound base, and ours finds what it is said to find."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.bench.analyze import large_system
from tools.bench.bugs import bench_bugs
from tools.bench.bugs_cases import CASES, CLEAN, FITS


def test_each_case_is_one_edit_of_one_line_of_the_sound_strategy() -> None:
    ast.parse(CLEAN)
    assert len({c.name for c in CASES}) == len(CASES) >= 12
    for case in CASES:
        assert CLEAN.count(case.old) == 1
        ast.parse(case.source)
        before, after = CLEAN.splitlines(), case.source.splitlines()
        apart = [n for n, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b]
        assert apart == [case.line]
        assert case.kind in FITS


@pytest.mark.sandbox
@pytest.mark.slow
def test_ours_is_counted_beside_a_rival_that_is_not_there() -> None:
    found = bench_bugs(Path("missing"), cases=(CASES[0],), days=15)
    assert found["n"] == 1
    assert "missing" in found["freqtrade"]
    lookahead = found["table"]["lookahead"]
    assert (lookahead["n"], lookahead["mendel"], lookahead["lookahead_analysis"]) == (1, 1, None)
    assert found["table"]["clean"]["mendel"] == 0
    assert found["median_seconds"]["mendel"] > 0


@pytest.mark.slow
def test_the_large_system_has_the_size_that_is_said(tmp_path: Path) -> None:
    size = large_system(tmp_path / "large", lines=3000, symbols=2, bars=300)
    assert size["lines"] >= 3000
    assert size["symbols"] == 2
    for file in (tmp_path / "large").rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"))
