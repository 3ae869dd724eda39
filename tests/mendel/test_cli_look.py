"""``mendel look`` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_kit import mendel

from tools.vision.browser import find_browser

HEALTHY = '<!doctype html><meta charset="utf-8"><title>x</title><h1>Account</h1><p>Net <b>12.3 %</b></p>'
BROKEN = HEALTHY.replace("12.3 %", "NaN %")
needs_browser = pytest.mark.skipif(find_browser() is None, reason="needs a browser")


def look(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = mendel("look", *arguments, cwd=folder)
    return done.code, done.out, done.err


@needs_browser
def test_pages_are_looked_at_and_told_in_one_document(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(HEALTHY)
    (tmp_path / "bad.html").write_text(BROKEN)
    code, out, _ = look(tmp_path, "*.html", "--json", "--out", "seen")
    document: dict[str, Any] = json.loads(out)
    assert code == 1 and {"findings", "screenshot", "facts", "pages"} <= document.keys()
    (finding,) = document["findings"]
    assert finding["code"] == "error-text" and finding["blocking"] and len(finding["box"]) == 4
    assert finding["page"].endswith("bad.html")
    assert all((tmp_path / p["screenshot"]).read_bytes().startswith(b"\x89PNG") for p in document["pages"])


@needs_browser
def test_a_healthy_page_has_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(HEALTHY)
    code, out, err = look(tmp_path, "good.html")
    assert code == 0 and "0 blocking" in out and not err
    assert (tmp_path / "mendel-look" / "good.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("http://example.org/",), "not on this machine"),
        (("missing.html",), "no such page"),
        (("none-*.html",), "no HTML page there"),
        (("notes.txt",), "not an HTML page"),
        (("page.html", "--data", "none/*.parquet"), "none/*.parquet"),
    ],
)
def test_bad_input_gets_one_line(tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "page.html").write_text(HEALTHY)
    code, out, err = look(tmp_path, *arguments, "--json")
    assert code == 2 and line in err and len(err.strip().splitlines()) == 1
    assert line in json.loads(out)["error"]
