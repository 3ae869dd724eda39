"""The terminal summary: one screen, whole commands, plain text."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from mendel.report import print_summary
from tests.mendel import report_sample as sample


def screen(result: dict[str, Any], width: int = 100, report: Path | None = None) -> list[str]:
    out = io.StringIO()
    print_summary(result, Console(file=out, width=width, force_terminal=False), report)
    return out.getvalue().splitlines()


def test_what_was_found_done_changed_and_what_waits() -> None:
    lines = screen(sample.result(), report=Path("out/report.html"))
    text = "\n".join(lines)
    for said in (
        "A fixed number kept TONUSDT from trading. A fix waits for your yes; the edge is unproven.",
        "high     bot/divergence.py:17  a fixed number judges an amount",
        "fix 53d7073418  waits for your yes  bot/config.py",
        "✓ behaviour",
        "? exposure consent unknown",
        "TONUSDT 0 → 134",
        "199 → 455 in all",
        "newly active  TONUSDT: 0 → 134 trades, losing 14 bps a trade after costs.",
        "Net return lower on 2, higher on 0 of 2 symbols. The fix is correct; the edge is unproven.",
        "mendel patch show 53d7073418",
        "mendel patch approve 53d7073418 --yes-exposure",
        "Nothing after 2025-11-26 00:00 UTC was looked at.",
        "Report  out/report.html",
    ):
        assert said in text, said


def test_nothing_to_change() -> None:
    text = " ".join(screen(sample.nothing()))
    assert text.startswith("Nothing to change.")
    assert "No edge was tested." in text and "mendel patch" not in text


def test_the_way_back_and_the_refusal() -> None:
    assert "mendel patch rollback 53d7073418" in "\n".join(screen(sample.applied()))
    refused = "\n".join(screen(sample.refused()))
    assert "✕ behaviour fail" in refused and "patch approve" not in refused
    assert "what the refused change would have given" in refused


def test_unknown_earnings_are_unknown() -> None:
    done = sample.result()
    done["patches"][0]["after"]["symbols"]["TONUSDT"]["expectancy_bps"] = None
    assert "what a trade earns is unknown" in "\n".join(screen(done))


def crowded(findings: int, patches: int, symbols: int, name: str) -> dict[str, Any]:
    done = sample.result()
    done["findings"] = [{**done["findings"][0], "id": f"f{k}", "file": f"{name}.py"} for k in range(findings)]
    one = done["patches"][0]
    for side in ("before", "after"):
        figures = one[side]["symbols"]["ETHUSDT"]
        one[side]["symbols"] = {**one[side]["symbols"], **{f"{name}{k}": figures for k in range(symbols)}}
    one["consent"] = [f"{name} " * 30]
    done["patches"] = [{**one, "id": f"p{k}", "finding": f"f{k}"} for k in range(patches)]
    done["trades"] = {f"{name}{k}": k for k in range(symbols)}
    return done


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(0, 6),
    st.integers(0, 60),
    st.sampled_from(["X", "LONGNAME" * 8, "[red]", "two\nlines", "\x1b[2J", "宽字符" * 12]),
    st.sampled_from([80, 100, 140]),
)
def test_it_fits_on_one_screen(findings: int, patches: int, symbols: int, name: str, width: int) -> None:
    lines = screen(crowded(findings, patches, symbols, name), width, Path("out/report.html"))
    assert len(lines) <= 30
    assert all(len(line) <= width for line in lines)
    assert lines[-1] == "Report  out/report.html"
    if patches:
        assert any(line.endswith("mendel patch approve p0 --yes-exposure") for line in lines)


@pytest.mark.parametrize("kind", sample.EVERY)
def test_every_kind_fits(kind: str) -> None:
    assert len(screen(sample.EVERY[kind](), report=Path("out/report.html"))) <= 30


def test_a_path_is_never_cut_and_markup_is_text() -> None:
    path = Path("folder" * 30) / "report.html"
    assert str(path) in "".join(screen(sample.result(), report=path))
    done = sample.result()
    done["patches"][0]["files"] = ["[bold]x[/bold].py"]
    assert "[bold]x[/bold].py" in "\n".join(screen(done))
