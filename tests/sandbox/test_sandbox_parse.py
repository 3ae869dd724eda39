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


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("# coding: utf-7\n# +AAo-import os\n", "declares"),
        ("#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nname = 'é'\n", "declares"),
        ("# coding: no-such-thing\n", "SyntaxError"),
        ("# coding: rot13\n", "declares"),
        ("# coding: latin-1\nx = 1\n", None),
        ("# coding: ascii\n", None),
        ("# -*- coding: utf-8 -*-\nname = 'é'\n", None),
        ("lambda: " * 5_000 + "1", "nested"),
        ("x = " + "{" * 3_000 + "}" * 3_000, ""),
        ("f'" + "{1:" * 400 + "}" * 400 + "'", ""),
        ("x = " + "9" * 5_000, ""),
        ("@a\n" * 10_000 + "def f(): 0\n", None),
        ("with a as b" + ", a as b" * 5_000 + ": 0\n", None),
        ("match x:\n case " + "[" * 500 + "]" * 500 + ": 0\n", ""),
        ("\r" * 100_000 + "x = 1\r\n\f\n", None),
    ],
)
def test_more_hostile_source(source: str, reason: str | None) -> None:
    """What is read here is what is run, and whatever else it is, it is answered."""
    why = check_source(source)
    assert (why is None) == (reason is None), why
    assert why is None or (reason or "") in why


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
