"""The browser gets nothing from outside, comes back from pages that hang, and says what it could not load."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from page_kit import MARKET, dashboard, html, iso

from tools.vision.browser import SETTING, find_browser
from tools.vision.capture import View, allowed, capture
from tools.vision.checks import check
from tools.vision.contracts import Shot, VisionError
from tools.vision.targets import Target, file_target, find_targets
from tools.vision.visual_intelligence import VisualIntelligence

pytestmark = pytest.mark.skipif(find_browser() is None, reason="needs a browser")


def page(folder: Path, text: str, name: str = "page.html") -> Target:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return file_target(path)


def codes(shot: Shot) -> set[str]:
    return {f.code for f in check(shot)}


class _Pages(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        known = self.path in ("/", "/data.json")
        self.send_response(200 if known else 302 if self.path == "/away" else 404)
        if self.path == "/away":
            self.send_header("Location", "http://192.0.2.1/stolen")
        self.send_header("Content-Type", "application/json" if self.path == "/data.json" else "text/html")
        self.end_headers()
        self.wfile.write(b"[1]" if self.path == "/data.json" else html("<h1>served</h1>").encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    handler = type("Handler", (_Pages,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_what_a_healthy_page_yields(tmp_path: Path) -> None:
    look = VisualIntelligence().capture_and_analyze(page(tmp_path, dashboard()))
    assert not look.findings
    assert look.shot.facts is not None and [p["name"] for p in look.shot.facts["panels"]] == [
        "price",
        "volume",
    ]
    assert look.shot.facts["panels"][0]["n"] == len(MARKET)
    assert {f["name"]: f["text"] for f in look.shot.dom["fields"]} == {
        "symbol": "AAAUSDT",
        "as-of": iso(int(MARKET.time[-1])),
    }
    assert look.shot.png.startswith(b"\x89PNG")


def test_nothing_outside_is_reached(tmp_path: Path, server: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret" / "key.png").write_bytes(b"x")
    text = html(
        '<h1>x</h1><img src="../secret/key.png"><img src="http://192.0.2.1/a.png"><iframe src="http://192.0.2.1/"></iframe>'
        f'<script>fetch("{server}/data.json"); new WebSocket("ws://192.0.2.1/");</script>'
    )
    shot = capture([page(tmp_path / "inside", text)], View(loopback=False))[0]
    blocked = {r.url.split("?")[0] for r in shot.failed if r.why == "blocked"}
    assert {"http://192.0.2.1/a.png", "http://192.0.2.1/", f"{server}/data.json"} <= blocked
    assert any(url.endswith("secret/key.png") for url in blocked)
    assert "external-request" in codes(shot)


def test_a_served_page_and_its_missing_part(server: str) -> None:
    good, missing, away = capture(
        [*find_targets(server + "/"), *find_targets(server + "/nothing"), *find_targets(server + "/")]
    )
    assert good.status == 200 and not codes(good) and away.status == 200
    assert missing.status == 404 and "http-status" in codes(missing)


def test_a_redirect_does_not_get_out(server: str) -> None:
    with pytest.raises(VisionError, match="nothing answers there"):
        capture(find_targets(server + "/away"))


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(VisionError, match="start the page's server first"):
        capture(find_targets(f"http://127.0.0.1:{port}/"))


def test_a_page_that_hangs_is_given_up(tmp_path: Path) -> None:
    endless = page(
        tmp_path, html("<h1>x</h1><script>setTimeout(() => { for (;;); }, 0);</script>"), "endless.html"
    )
    asks = page(tmp_path, html("<h1>x</h1><script>alert('stop');</script><p>after</p>"), "asks.html")
    hung, told = capture([endless, asks], View(seconds=4))
    assert codes(hung) == {"timeout"} and hung.png == b""
    assert "after" in told.dom["page"]["text"] and not codes(told)


def test_it_works_inside_a_running_loop(tmp_path: Path) -> None:
    target = page(tmp_path, html("<h1>x</h1>"))

    async def inside() -> list[Shot]:
        return capture([target])

    assert asyncio.run(inside())[0].dom["page"]["text"] == "x"


def test_facts_that_fail_are_told(tmp_path: Path) -> None:
    bad = html(
        "<h1>x</h1><script>window.__ready = true; window.__chartFacts = () => { throw new Error('no chart'); };</script>"
    )
    shot = capture([page(tmp_path, bad)])[0]
    assert shot.facts is None and "no chart" in shot.facts_error and codes(shot) == {"facts-failed"}


def test_two_looks_at_one_page_agree(tmp_path: Path) -> None:
    eye = VisualIntelligence()
    target = page(tmp_path, dashboard())
    comparison = eye.validate_visually(target, target)
    assert comparison.same and comparison.valid
    assert comparison.before.shot.png == comparison.after.shot.png


def test_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(tmp_path / "none"))
    with pytest.raises(VisionError, match="apt-get install chromium"):
        capture([page(tmp_path, html("x"))])


def test_what_a_page_may_load(tmp_path: Path) -> None:
    file, served = Target((tmp_path / "a.html").as_uri(), "a", tmp_path), Target("http://localhost:1/", "b")
    assert allowed((tmp_path / "x" / "y.js").as_uri(), file, View())
    assert not allowed((tmp_path / ".." / "y.js").as_uri(), file, View())
    assert not allowed((tmp_path / "y.js").as_uri(), served, View())
    assert allowed("http://[::1]:9/x", served, View()) and not allowed(
        "http://127.0.0.1.evil.test/", served, View()
    )
    assert not allowed("http://127.0.0.1/", file, View(loopback=False))
    assert allowed("data:,x", file, View()) and not allowed("ftp://127.0.0.1/", served, View())
