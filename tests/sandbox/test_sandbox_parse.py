"""Source that kills parsers is turned down by a process that may die of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.host.parse import SourceChecker, check_source, check_sources

HOSTILE = {
    "unary": "x = " + "-" * 20_000 + "1\n",
    "call": "x = " + "f(" * 5_000 + ")" * 5_000 + "\n",
    "attribute": "x = a" + ".b" * 100_000 + "\n",
    "sum": "x = " + "+".join(["1"] * 900_000) + "\n",
    "blocks": "".join(" " * depth + "if 1:\n" for depth in range(99)) + " " * 99 + "x = 1\n" * 2 + "(" * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_source(name: str) -> None:
    why = check_source(HOSTILE[name], max_bytes=3_000_000)
    assert why is not None and "\n" not in why and len(why) <= 500
    assert check_source("x = 1\n") is None


def test_what_is_wrong_is_said() -> None:
    sources = {
        "good.py": "x = 1\n",
        "bad.py": "def f(:\n",
        "large.py": "#" * 101,
        "null.py": "\0",
        "odd.py": "\ud800",
    }
    why = check_sources(sources, max_bytes=100)
    assert set(why) == {"bad.py", "large.py", "null.py", "odd.py"}
    assert why["bad.py"] == "SyntaxError: invalid syntax (line 1)"
    assert why["large.py"] == "101 bytes of source, more than 100"


def test_a_helper_that_dies_is_replaced() -> None:
    with SourceChecker() as checker:
        assert checker.why_not("x = 1") is None
        assert checker._process is not None
        checker._process.kill()
        checker._process.wait()
        assert checker.why_not("x = 1") is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_it_agrees_with_compile(text: str) -> None:
    try:
        compile(text.encode(), "<text>", "exec", dont_inherit=True)
        fine = True
    except (SyntaxError, ValueError, UnicodeEncodeError):
        fine = False
    if not fine:
        return  # ast takes a little more than compile does (a "return" outside a function)
    assert check_source(text) is None
