"""Writes down what was detected, as a commented ``mendel.toml``."""

from __future__ import annotations

import json

from tools.system.detect import AttachError, Detected, why_nothing


def render_toml(found: Detected) -> str:
    """The ``mendel.toml`` of what was detected, its first candidate as the strategy, with comments."""
    if not found.candidates:
        raise AttachError(why_nothing(found))
    first, *rest = found.candidates
    others = list(dict.fromkeys(c.target for c in rest if c.target != first.target))
    lines = [
        "# What Mendel knows about this system. Every setting is described in the documentation.",
        "",
        "[system]",
    ]
    lines += [f"name = {_quote(found.root.name)}"]
    lines += [f"root = {_quote(found.source)}  # imports start here"] if found.source != "." else []
    lines += [f"python = {_quote(found.python)}"] if found.python else []
    lines += [
        'editable = ["**/*.py"]  # what a patch may change; tests are frozen unless you say otherwise',
        "",
    ]
    lines += [
        "[strategy]",
        'kind = "signals"',
        f"target = {_quote(first.target)}  # {first.file}:{first.line}",
    ]
    lines += [f"# or: target = {_quote(other)}" for other in others]
    lines += [f"params = {_quote(first.params)}"] if first.params else []
    lines += [f"# params: {first.doubt}"] if first.doubt else []
    lines += ["", "[data]", *_data_lines(found), ""]
    lines += [
        "[costs]",
        "fee_bps = { maker = 2.0, taker = 5.0 }  # a side; set what you pay",
        "slippage_bps = 1.0",
        "",
    ]
    if found.pages or found.serve:
        lines += ["[dashboards]"] + ([f"pages = {_list(found.pages)}"] if found.pages else [])
        lines += ([f"serve = {_quote(found.serve)}"] if found.serve else []) + [""]
    lines += [
        "[tests]",
        f"command = {_quote(found.tests)}" if found.tests else '# command = "python -m pytest -q"',
        "",
    ]
    lines += [
        "[vault]",
        "from = 0.2  # the newest fifth of the time is kept for the last gate; a date works too",
        "",
    ]
    lines += ["[policy]", 'approve = "all"  # every patch waits for you']
    return "\n".join(lines) + "\n"


def _data_lines(found: Detected) -> list[str]:
    if not found.data:
        return ['# path = "data/*.parquet"  # no candles were found here; to make some: mendel data synth']
    lines = [f"path = {_quote(found.data[0])}"]
    lines += [f"# or: path = {_quote(other)}" for other in found.data[1:6]]
    return lines + ([f"timeframe = {_quote(found.timeframe)}"] if found.timeframe else [])


def _quote(text: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(items: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_quote, items)) + "]"
