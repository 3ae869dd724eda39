"""A cloned repository cannot have a key sent to its own server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.trust import VARIABLE, refusal

KEY = {"OPENAI_API_KEY": "sk-1"}


@pytest.mark.parametrize(
    "url",
    [None, "http://127.0.0.1:8000/v1", "http://localhost:11434/v1", "http://[::1]:8000", "http://127.9.9.9"],
)
def test_this_machine_and_the_default_are_free(url: str | None) -> None:
    assert refusal(url, "OPENAI_API_KEY", KEY) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1",
        "http://evil.example/v1",
        "https://127.0.0.1.evil.example",
        "https://localhost.evil.example",
        "http://127.0.0.1@evil.example/v1",
        "http://127.0.0.1\\@evil.example",
        "http://2130706433/v1",
        "http://0.0.0.0:1",
        "http://10.0.0.5:8000",
        "https://good.example.evil.example",
        "https://good.example:8443",
        "http://good.example",
        "file:///etc/passwd",
        "evil.example",
        "https://",
        "https://good.example\t.evil.example",
    ],
)
def test_what_was_not_named_gets_nothing(url: str) -> None:
    why = refusal(url, "OPENAI_API_KEY", {**KEY, VARIABLE: "good.example"})
    assert why and "\n" not in why and "sk-1" not in why
    assert refusal(
        url, "OPENAI_API_KEY", {VARIABLE: "good.example"}
    )  # without a key the data are still private


def test_what_the_person_named_is_trusted(tmp_path: Path) -> None:
    named = {**KEY, VARIABLE: "good.example, http://10.0.0.5:8000 other.example:8443"}
    for url in (
        "https://good.example/v1",
        "https://GOOD.example:443",
        "http://10.0.0.5:8000/v1",
        "https://other.example:8443",
    ):
        assert refusal(url, "OPENAI_API_KEY", named) == ""
    (tmp_path / "mendel").mkdir()
    file = tmp_path / "mendel" / "config.toml"
    file.write_text('[model]\nhosts = ["good.example", 7]\n')
    assert refusal("https://good.example", "OPENAI_API_KEY", {"XDG_CONFIG_HOME": str(tmp_path)}) == ""
    for broken in ("hosts = [", "model = 3\n", '[model]\nhosts = "good.example"\n'):
        file.write_text(broken)
        assert refusal("https://good.example", "OPENAI_API_KEY", {"XDG_CONFIG_HOME": str(tmp_path)})


def test_the_remedy_works_as_it_is_told() -> None:
    for url in ("https://a.example/v1", "http://a.example:81", "https://[2001:db8::1]/v1"):
        told = refusal(url, "OPENAI_API_KEY", KEY).partition(f"export {VARIABLE}=")[2].partition(", or")[0]
        assert refusal(url, "OPENAI_API_KEY", {**KEY, VARIABLE: told}) == ""


def test_no_other_secret_is_sent_because_a_file_names_it() -> None:
    secret = {"AWS_SECRET_ACCESS_KEY": "s", VARIABLE: "good.example"}
    for url in (None, "https://good.example"):
        assert "AWS_SECRET_ACCESS_KEY" in refusal(url, "AWS_SECRET_ACCESS_KEY", secret)
    assert (
        refusal("https://good.example", "GOOD_API_KEY", {"GOOD_API_KEY": "s", VARIABLE: "good.example"}) == ""
    )


@given(st.text(max_size=40))
def test_only_a_named_host_or_this_machine_is_ever_allowed(url: str) -> None:
    from urllib.parse import urlsplit

    if refusal(url, "OPENAI_API_KEY", KEY) == "":
        assert str(urlsplit(url).hostname).startswith(("127.", "::1", "localhost"))
