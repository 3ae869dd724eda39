"""New logic is written in one place, off, and decides nothing until it is on."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from enhancement_kit import CONFIG, SCORING, STRATEGY, follow
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.analysis.gaps import capability_gaps
from tools.analysis.study import differs
from tools.analysis.workbench import Workbench
from tools.evolution.enhancement.base import EnhancementError
from tools.evolution.enhancement.generate import generate_enhancement
from tools.evolution.enhancement.profile_module import module_text
from tools.evolution.enhancement.sites import Site
from tools.evolution.enhancement.write import written
from tools.market.volume_profile import BINS, profiles_of, pull, volume_profile

SOURCES = {"follow/config.py": CONFIG, "follow/scoring.py": SCORING, "follow/strategy.py": STRATEGY}
PLACE = ("follow/config.py", "Settings")
PAIR = Site("pair", "follow/scoring.py", "scores", 10, "bars", "params")
MASK = Site("mask", "follow/strategy.py", "signals", 11, "bars", "params")


def test_a_score_is_passed_through_the_new_function() -> None:
    after = written(SOURCES, PAIR, PLACE, 24, "volume")
    assert set(after) == {"follow/config.py", "follow/scoring.py", "follow/volume_profile.py"}
    assert "return with_profile((long, short), bars, params.profile_points)" in after["follow/scoring.py"]
    assert "from follow.volume_profile import with_profile" in after["follow/scoring.py"]
    added = set(after["follow/config.py"].splitlines()) - set(CONFIG.splitlines())
    assert [line.strip()[:29] for line in added] == ["profile_points: float = 0.0  "]


def test_entries_are_masked_where_there_is_no_score() -> None:
    after = written(SOURCES, MASK, PLACE, 24, "volume")["follow/strategy.py"]
    call = "allowed_by_profile((long >= params.cut).astype(float), bars, params.profile_pull, 1)"
    assert f'out["enter_long"] = {call}' in after
    assert after.count("allowed_by_profile(") == 2
    assert 'out["exit_long"] = 0.0' in after


def test_what_is_there_already_is_not_written_over() -> None:
    with pytest.raises(EnhancementError, match="is there already"):
        written({**SOURCES, "follow/volume_profile.py": ""}, PAIR, PLACE, 24, "volume")
    with pytest.raises(EnhancementError, match="uses the name profile_points"):
        written({**SOURCES, "follow/x.py": "profile_points = 1"}, PAIR, PLACE, 24, "volume")
    with pytest.raises(EnhancementError, match="no class Nobody"):
        written(SOURCES, PAIR, ("follow/config.py", "Nobody"), 24, "volume")


@pytest.mark.parametrize("kind", ["pair", "table", "mask"])
def test_the_module_stands_alone(kind: str) -> None:
    tree = ast.parse(module_text(kind, 24, "volume"))
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert modules == {"__future__", "numpy.typing"}


def test_the_written_function_lowers_and_never_raises() -> None:
    space: dict[str, object] = {}
    exec(compile(module_text("pair", 24, "volume"), "m", "exec"), space)
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 300)))
    bars = pd.DataFrame(
        {"high": close * 1.01, "low": close * 0.99, "close": close, "volume": rng.random(300)}
    )
    score = pd.Series(rng.integers(0, 4, 300).astype(float))
    with_profile = space["with_profile"]
    assert callable(with_profile)
    assert with_profile((score, score), bars, 0.0)[0] is score
    long, short = with_profile((score, score), bars, 2.0)
    assert (long <= score).all() and (short <= score).all()
    assert (long >= 0).all() and (long < score).any() and (short < score).any()
    assert not ((long < score) & (short < score)).any()  # it speaks against one side at a time
    assert (long[:23] == score[:23]).all()  # less than a day of past says nothing


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(40, 90), st.sampled_from([0.125, 8.0]))
def test_the_profile_looks_back_only_and_knows_no_unit(seed: int, cut: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    price, volume = np.exp(np.cumsum(rng.normal(0, 0.01, 90))), rng.random(90)
    whole = volume_profile(price, volume, 24)
    np.testing.assert_array_equal(volume_profile(price[:cut], volume[:cut], 24), whole[:, :cut])
    scaled = volume_profile(price * scale, volume * 8, 24)
    np.testing.assert_allclose(scaled, whole * scale, rtol=1e-12)
    control, low, high = whole[:, 23:]
    windows = np.lib.stride_tricks.sliding_window_view(price, 24)
    assert (low < high).all()
    for level in (control, low, high):
        assert (level >= windows.min(axis=1) * (1 - 1e-12)).all()
        assert (level <= windows.max(axis=1) * (1 + 1e-12)).all()
    assert np.isnan(whole[:, :23]).all()


def test_the_profile_of_a_window_by_hand() -> None:
    prices = np.array([[1.0, 2.0, 2.0, 3.0, 4.0]])
    control, low, high = profiles_of(prices, np.array([[1.0, 5.0, 5.0, 1.0, 1.0]]))[:, 0]
    bin_width = 3.0 / BINS
    assert control == pytest.approx(1.0 + 8.5 * bin_width)  # price 2 lies in the ninth bin
    assert low <= 2.0 <= high
    assert pull(np.array([4.0]), np.array([[control], [low], [high]]))[0] == -1.0
    assert np.isnan(profiles_of(np.ones((1, 5)), np.ones((1, 5)))).all()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow(tmp_path_factory.mktemp("write") / "follow", days=60, symbols=["ETH", "SOL"], strength=0.6)


def test_a_gap_is_measured_and_filled(system: Path) -> None:
    with Workbench(system) as bench:
        gaps = {g["kind"]: g for g in capability_gaps(bench.study())}
        assert {"volume_profile", "hour", "regime", "flow", "open_interest", "funding"} <= set(gaps)
        shown = gaps["volume_profile"]["measured"]
        assert shown["measure"] == "rank_correlation"
        assert shown["ci"][0] <= shown["value"] <= shown["ci"][1]
        assert shown["value"] > 0  # the planted truth
        tried: list[dict[str, object]] = []
        made = generate_enhancement(bench, gaps["volume_profile"], lambda _, row: tried.append(row))
        assert len(tried) == 3
        off, on = bench.study(made.written.bundle), bench.study(made.patch.bundle)
        for symbol, decisions in bench.study().decisions.items():
            assert not differs(off.decisions[symbol], decisions).any()
        assert any(differs(on.decisions[s], off.decisions[s]).any() for s in off.decisions)
        assert "profile_points: float = 0.0" in made.written.diff
        assert made.patch.kind.value == "enhancement"
        with pytest.raises(EnhancementError, match="no logic can be written"):
            generate_enhancement(bench, gaps["hour"])
