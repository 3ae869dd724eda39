"""The page of a cycle: complete, honest about what is unknown, safe with hostile text, and in need of nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mendel.report import render_report, write_report
from tests.mendel import report_sample as sample

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}</style></script>\x1b[31m\u202e"
VOID = {"meta", "br", "rect", "line"}


class Page(HTMLParser):
    """Elements, attributes and text, with a check that every element is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.headings: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2"):
            self.headings.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)
            if {"h1", "h2"} & set(self.open):
                self.headings[-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def metrics(self, name: str) -> int:
        return sum(attrs.get("data-metric") == name for _, attrs in self.elements)


def page(result: dict[str, Any]) -> Page:
    return Page(render_report(result, generated="2026-01-02T03:04:05+00:00"))


def everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """The same JSON with every text changed, keys as well where they are names (symbols, files)."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        named = {k for k in value if re.fullmatch(r"[A-Z]+USDT|.*\.py", k)}
        return {change(k) if k in named else k: everywhere(v, change) for k, v in value.items()}
    return [everywhere(v, change) for v in value] if isinstance(value, list) else value


def test_the_order_is_that_of_a_persons_questions() -> None:
    seen = page(sample.result())
    assert seen.headings == [
        "A fixed number kept TONUSDT from trading. A fix waits for your yes; the edge is unproven.",
        "What waits for you",
        "Why TONUSDT is silent",
        "What the condition costs each symbol",
        "The counterexample",
        "The change",
        "Everything that was found",
        "Where the losses sit",
        "Said beforehand",
        "What is remembered",
    ]


def test_the_story_is_told_with_its_figures() -> None:
    text = page(sample.result()).text
    for said in (
        "TONUSDT: 0 → 134 trades, losing 14 bps a trade after costs.",
        "lower on 2 and higher on 0 of the 2 symbols where both are known",
        "The fix is correct; the edge is unproven.",
        "Held open, it would give TONUSDT 151 trades",
        "ETHUSDT at 2025-07-05 16:00 UTC (bar 340)",
        "Multiply every volume by 8",
        "18 of 41,332 bars decide otherwise",
        "193 of 198 old signals still pass (2 fell in the warm-up of 288 bars)",
        "before the fix it failed (exit code 1), after it, it passed",
        "mendel patch approve 53d7073418 --yes-exposure",
        "Measured: TONUSDT: 134 trades (at least 15 were predicted)",
        "Nothing after 2025-11-26 00:00 UTC was looked at",
        "838ff6cf5cba345c",
        "309 trades fewer in all",
    ):
        assert said in text, said


def test_the_blocking_condition_leads_and_the_tail_is_folded() -> None:
    html = render_report(sample.result())
    funnel, tail = html.split('class="funnel tail"')[0], html.split('class="funnel tail"')[1]
    assert funnel.index("blocks here") < funnel.index("armed_at &gt;= 0") < funnel.index("diverged")
    assert "quiet_3 &gt; 0" not in funnel and "quiet_3 &gt; 0" in tail
    assert "never asked" in funnel


@pytest.mark.parametrize("kind", sample.EVERY)
def test_it_is_well_formed_and_asks_for_nothing(kind: str) -> None:
    html = render_report(sample.EVERY[kind]())
    seen = Page(html)
    for tag, attrs in seen.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form", "a")
        assert not {"src", "href", "action", "srcset", "data"} & set(attrs), (tag, attrs)
        assert not any(name.startswith("on") for name in attrs)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttpRequest|sendBeacon|import\(", html)
    assert len(html.encode()) < 500_000


def test_its_own_policy_allows_its_own_script_and_nothing_else() -> None:
    html = render_report(sample.result())
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(
        a["content"] for t, a in Page(html).elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


@pytest.mark.parametrize("kind", sample.EVERY)
def test_no_text_becomes_markup(kind: str) -> None:
    kept = {
        "high",
        "critical",
        "medium",
        *sample.EVERY,
        "pass",
        "fail",
        "unknown",
        "report",
        "awaiting_approval",
    }
    kept |= {
        "fix",
        "absolute_threshold",
        "volume_scale",
        "prefix_consistency",
        "fault_visibility",
        "supported",
    }
    names = {gate["name"] for gate in sample.gates()} | {"approval", "after_apply"}
    hostile = everywhere(sample.EVERY[kind](), lambda s: s if s in kept | names else f"{s}{HOSTILE}")
    seen = page(hostile)
    plain = page(sample.EVERY[kind]())
    assert (
        [t for t, _ in seen.elements].count("script") == [t for t, _ in plain.elements].count("script") == 1
    )
    assert not any(t == "img" for t, _ in seen.elements)
    assert not any(name.startswith("on") for _, attrs in seen.elements for name in attrs)
    assert "alert(2)" in seen.text and "49" not in seen.headings[0]
    html = render_report(hostile)
    assert "\x1b" not in html and "\u202e" not in html and "⟨U+202E⟩" in html


@pytest.mark.parametrize("kind", sample.EVERY)
def test_even_names_and_verdicts_may_be_hostile(kind: str) -> None:
    seen = page(everywhere(sample.EVERY[kind](), lambda s: f"{s}{HOSTILE}"))
    assert [t for t, _ in seen.elements].count("script") == 1
    assert not any(t == "img" for t, _ in seen.elements)


def test_text_that_is_no_unicode_can_be_written(tmp_path: Path) -> None:
    done = sample.result()
    done["patches"][0]["gates"][4]["evidence"]["own"]["output"] = "bad \udcff byte"
    assert "⟨U+DCFF⟩" in write_report(done, tmp_path / "report.html").read_text("utf-8")


def test_unknown_is_never_zero() -> None:
    done = sample.result()
    for side in ("before", "after"):
        for figures in done["patches"][0][side]["symbols"].values():
            figures.update(dict.fromkeys(figures))
    done["findings"][0]["counterexample"]["costs"]["TONUSDT"] = {
        "pass_rate": None,
        "trades": None,
        "trades_if_open": None,
    }
    done["seconds"] = None
    html = render_report(done)
    for name in (
        "trades-before",
        "trades-after",
        "net-return-after",
        "expectancy-bps-after",
        "max-drawdown-after",
    ):
        shown = re.findall(rf'data-metric="{name}"[^>]*>([^<]*)<', html)
        assert shown == ["unknown"] * 3
    assert re.search(r'data-metric="pass-rate" data-symbol="TONUSDT" class="unknown">unknown<', html)
    assert "trades fewer in all" not in html
    assert '<dd data-metric="seconds">unknown</dd>' in html


def shown(html: str, name: str) -> list[str]:
    return re.findall(rf'data-metric="{name}"[^>]*>([^<]*)<', html)


def test_the_moved_symbols_are_broken_down_by_regime() -> None:
    html = render_report(sample.result())
    together = html[html.index("Before and after by regime") : html.index("Each symbol by itself")]
    assert "TONUSDT and SOLUSDT, together" in together and "ETHUSDT" not in together
    volatility = together[together.index(">volatility<") : together.index(">volume<")]
    assert re.findall(r'scope="row">([^<]*)<', volatility) == ["low", "high", "unknown"]
    assert shown(volatility, "regime-trades-before") == ["0", "15", "0"]
    assert shown(volatility, "regime-trades-after") == ["100", "100", "70"]
    assert shown(volatility, "regime-bps-after") == ["−6.0", "+14", "−32"]  # (36 x 30 + 64 x 5) / 100
    assert shown(volatility, "regime-pnl-after") == ["−843", "+300", "−801"]
    assert shown(volatility, "regime-bps-before") == ["+190"]  # no trade, no average


def test_where_the_losses_sit_by_regime() -> None:
    seen = page(sample.result())
    assert "Where the losses sit" in seen.headings
    assert "low 150 62.0 % −7.0 the same sign" in seen.text
    assert "high 49 55.0 % +12 too few to tell" in seen.text
    assert "us 199 60.3 % −2.4 the other sign" in seen.text


def test_records_without_regimes_are_told_without_them() -> None:
    done = sample.result()
    for side in ("before", "after"):
        for figures in done["patches"][0][side]["symbols"].values():
            del figures["by_regime"]
    del done["patches"][0]["before"]["failures"]
    html = render_report(done)
    assert "by regime" not in html and "Where the losses sit" not in html


def test_nothing_to_change_is_a_full_answer() -> None:
    seen = page(sample.nothing())
    assert seen.headings == ["✓ Nothing to change.", "What was looked at"]
    for said in (
        "found no input on which it misbehaves",
        "No file was touched",
        "the edge stays unproven",
        "No defect could be proven",
    ):
        assert said in seen.text
    assert seen.metrics("trades") == 1 + 3  # all together, and each symbol
    assert "mendel patch" not in seen.text


def test_findings_without_a_patch_are_the_persons_to_mend() -> None:
    done = {**sample.result(), "patches": []}
    seen = page(done)
    assert seen.headings[0] == "A fixed number kept TONUSDT from trading. Three defects proven, none changed."
    assert "The change" not in seen.headings
    assert "your files are untouched" in seen.text


def test_a_refused_patch_says_what_stopped_it() -> None:
    seen = page(sample.refused())
    assert seen.headings[0].endswith("A fix was written, and its gates refused it.")
    assert "It did not pass: behaviour. Your files are untouched." in seen.text
    assert "88.0% of 198 old signals still pass" in seen.text
    assert "The fix is correct" not in seen.text.replace(
        sample.QUESTION.replace("->", "→").replace("-14", "−14"), ""
    )
    assert "what the refused change would have given" in seen.text
    assert "patch approve" not in seen.text


def test_an_applied_patch_says_how_to_undo_it() -> None:
    seen = page(sample.applied())
    assert (
        seen.headings[0] == "A fixed number kept TONUSDT from trading. It is repaired; the edge is unproven."
    )
    assert "mendel patch rollback 53d7073418" in seen.text
    assert "By --yes-fixes, for digest 838ff6cf5cba. The yes covers the higher exposure." in seen.text
    assert "Byte for byte what was judged." in seen.text


def test_a_patch_that_was_taken_back_says_why() -> None:
    seen = page(sample.rolled_back())
    assert seen.headings[0].endswith("A fix was applied and taken back.")
    assert "Your files have the bytes that they had before. What failed: after apply." in seen.text
    assert "Byte for byte what was judged." not in seen.text


def test_several_changes_are_all_told() -> None:
    done = sample.refused()
    done["patches"].append({**sample.applied()["patches"][0], "id": "aaaa", "finding": "f2"})
    seen = page(done)
    assert (
        seen.headings[0]
        == "Decisions use bars from the future in bot/features.py:37. It is repaired; the edge is unproven."
    )
    assert "One more change was judged: 1 refused by its gates." in seen.text
    assert "One more defect was proven and not repaired" in seen.text
    assert [h for h in seen.headings if h.startswith("Change")] == ["Change 1", "Change 2"]


def test_evidence_of_a_gate_nobody_knows_is_a_table() -> None:
    done = sample.result()
    done["patches"][0]["gates"].append(
        sample.gate("weather", "underpowered", rain=0.25, nested={"a": [1, True]}, log="x" * 300)
    )
    html = render_report(done)
    assert '<th scope="row">rain</th><td>0.25</td>' in html
    assert '<th scope="row">nested</th><td>a: 1, yes</td>' in html
    assert re.search(r"<summary>log</summary><pre[^>]*>x{300}</pre>", html)
    assert "can&#39;t tell yet" in html


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [at, *(p for k in keys for p in paths(value[k], (*at, k)))]


ODD = st.sampled_from(
    [None, "", "odd", 0, -1.5, float("nan"), float("inf"), 10**400, True, [], {}, [None], {"a": [{}]}]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), odd=ODD)
def test_a_value_of_the_wrong_kind_anywhere_never_stops_the_page(data: st.DataObject, odd: Any) -> None:
    done = sample.applied()
    *parents, last = data.draw(st.sampled_from(paths(done)[1:]))
    place: Any = done
    for key in parents:
        place = place[key]
    place[last] = odd
    Page(render_report(done))


def test_written_whole_and_readable(tmp_path: Path) -> None:
    path = write_report(sample.result(), tmp_path / "new" / "report.html")
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OSError):
        write_report(sample.result(), tmp_path / "report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


TEXT_ON = [
    ("ink", "paper"),
    ("soft", "paper"),
    ("soft", "faint"),
    ("ink", "card"),
    ("soft", "card"),
    ("good", "good-bg"),
]
TEXT_ON += [
    ("stop", "stop-bg"),
    ("stop", "paper"),
    ("note", "note-bg"),
    ("ink", "note-bg"),
    ("soft", "note-bg"),
]
TEXT_ON += [
    ("ink", "quiet-bg"),
    ("ink", "add-edge"),
    ("ink", "del-edge"),
    ("soft", "stop-bg"),
    ("paper", "stop"),
]
TEXT_ON += [(f"code-{c}", bg) for c in "ksmfcb" for bg in ("card", "add-bg", "del-bg")]


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance of #rrggbb."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_every_text_has_contrast_in_both_themes(theme: int, text: str, ground: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", render_report(sample.nothing()), flags=re.DOTALL)[0]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", style.split(":root")[1 + theme]))
    high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_colours_of_fills_are_left_to_fills() -> None:
    assert not re.search("#1f6feb|#d29922", render_report(sample.applied()), flags=re.IGNORECASE)


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
def test_the_chart_facts_are_what_was_drawn(tmp_path: Path) -> None:
    html = render_report(sample.result())
    html = re.sub(
        r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html
    )  # it would forbid this test's script
    told = "<script>document.title = JSON.stringify(window.__chartFacts());</script></body>"
    (tmp_path / "page.html").write_text(html.replace("</body>", told), "utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
    command = [str(BROWSER), *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    run = subprocess.run(
        [*command, (tmp_path / "page.html").as_uri()], capture_output=True, text=True, timeout=60, check=True
    )
    title = re.search(r"<title>(.*?)</title>", run.stdout)
    assert title is not None
    panels = {p["name"]: p for p in json.loads(title[1])["panels"]}
    after = panels["indicator-trades-after"]
    assert (after["n"], after["yRange"]) == (3, [0, 185])
    assert after["sum"] == pytest.approx(134 + 185 + 136, abs=1e-4)
    net = panels["indicator-net-return-after"]
    assert [net["first"], net["sum"]] == pytest.approx([-0.0601, -0.0601 - 0.1587 - 0.0743], abs=1e-6)
    assert panels["indicator-net-return-before"]["n"] == 2  # TONUSDT's is unknown: nothing is drawn
    assert panels["indicator-funnel"]["first"] == pytest.approx(0.00566, abs=1e-6)
    assert all(p["markers"] == [] and p["plot"][2] > 0 for p in panels.values())
