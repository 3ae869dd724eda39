"""The example's dashboard follows the chart contract: in its source, and as a browser draws it."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

PANELS = ["price", "volume", "indicator-z", "indicator-flow", "equity"]
BUY, SELL = "#1f6feb", "#d29922"
BROWSER = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
FACTS = (
    "<script>window.addEventListener('load', () => { const out = document.createElement('pre'); out.id = 'facts';"
    "out.textContent = JSON.stringify(window.__chartFacts()); document.body.append(out); });</script>"
)


@pytest.fixture
def page(bot, market, squeeze_copy: Path) -> SimpleNamespace:
    """A page, the bars that it shows, and the trades behind it."""
    bars = market.candles(4000)
    (squeeze_copy / "data").mkdir()
    source = squeeze_copy / "data" / "QUIETUSDT-5m.parquet"
    bars.rename_axis("timestamp").reset_index().to_parquet(source)
    path = importlib.import_module("make_dashboard").write_page(source)
    return SimpleNamespace(
        path=path, text=path.read_text(encoding="utf-8"), bars=bars, shown=bars.iloc[-1440:]
    )


def payload(text: str) -> dict[str, Any]:
    """The figures inside the page."""
    found = re.search(r'<script type="application/json" id="panels">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    figures: dict[str, Any] = json.loads(found[1])
    return figures


def test_fields_metrics_and_panels_are_marked(page) -> None:
    assert re.findall(r'data-panel="([^"]+)"></div>', page.text) == PANELS
    assert '<h1 data-field="symbol">QUIETUSDT</h1>' in page.text
    last = page.bars.index[-1].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f'<time data-field="as-of">{last}</time>' in page.text
    names = re.findall(r'data-metric="(\w+)"', page.text)
    assert names == ["trades", "win_rate", "net_return", "fees", "max_drawdown"]


def test_the_two_colours_belong_to_fills_alone(page) -> None:
    head = page.text.split('<script type="application/json"')[0]
    assert BUY not in head and SELL not in head
    for name, figure in payload(page.text).items():
        for trace in figure["data"]:
            own = trace["meta"]["role"] == "markers"
            colours = {c for c in (BUY, SELL) if c in json.dumps(trace)}
            assert bool(colours) == own, (name, trace["type"])


def test_the_page_needs_nothing_else(page) -> None:
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?!data:)', page.text)
    assert "window.__chartFacts = " in page.text


def test_without_data_it_says_what_to_do(bot, squeeze_copy: Path, capsys) -> None:
    assert importlib.import_module("make_dashboard").main([]) == 2
    assert "put SYMBOL-5m.parquet there" in capsys.readouterr().err


@pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on PATH")
def test_a_browser_draws_what_the_bars_say(page, tmp_path: Path) -> None:
    probe = page.path.with_name("probe.html")
    probe.write_text(page.text.replace("</body>", FACTS + "</body>"), encoding="utf-8")
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    command += ["--window-size=1280,1600", "--virtual-time-budget=20000", "--dump-dom", probe.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="facts">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr[-2000:]
    facts = {panel["name"]: panel for panel in json.loads(found[1])["panels"]}
    assert list(facts) == PANELS
    price, shown = facts["price"], page.shown
    assert price["n"] == len(shown) == facts["volume"]["n"]
    assert pd.Timestamp(price["first"]) == shown.index[0] and pd.Timestamp(price["last"]) == shown.index[-1]
    assert price["sum"] == pytest.approx(shown[["open", "high", "low", "close"]].to_numpy().sum(), rel=1e-9)
    assert facts["volume"]["sum"] == pytest.approx(shown["volume"].sum(), rel=1e-9)
    assert price["yRange"][0] <= shown["low"].min() and price["yRange"][1] >= shown["high"].max()
    assert all(panel["plot"][2] > 500 and panel["plot"][3] > 50 for panel in facts.values())
    assert price["markers"] and all(
        shown["low"].min() <= at <= shown["high"].max() and side in ("buy", "sell")
        for _, side, at in price["markers"]
    )
