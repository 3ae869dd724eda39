"""Writes down what was detected, as a commented ``mendel.toml``."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tools.system.detect import AttachError, Detected, why_nothing
from tools.system.imports import COMPUTES, Imported
from tools.system.needs import proposed_stubs, unset

#: Where candles are looked for once there are some; ``mendel data synth`` and ``import`` write such files.
WANTED_DATA = "data/*.parquet"

_COSTS = """[costs]
fee_bps = { maker = 2.0, taker = 5.0 }  # a side; set what you pay
slippage_bps = 1.0"""

_VAULT = """[vault]
from = 0.2  # the newest fifth of the time is kept for the last gate; a date works too"""

_POLICY = """[policy]
approve = "all"  # every patch waits for you"""


_MOST_VARIABLES = 40


def render_toml(found: Detected) -> str:
    """The ``mendel.toml`` of what was detected, its first candidate as the strategy, with comments. It can be
    read back by ``parse_config``. Raises AttachError where no strategy was detected."""
    if not found.candidates:
        raise AttachError(why_nothing(found))
    parts = [
        "# What Mendel knows about this system. Every setting is described in the documentation.",
        "\n".join([*_system(found), *_stubs(found), *_environment(found)]),
        "\n".join(_strategy(found)),
        "\n".join(_data(found)),
        _COSTS,
        "\n".join(_dashboards(found)),
        f"[tests]\ncommand = {_quote(found.tests)}" if found.tests else "",
        _VAULT,
        _POLICY,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _system(found: Detected) -> Iterable[str]:
    yield "[system]"
    yield f"name = {_quote(found.root.name)}"
    if found.source != ".":
        yield f"root = {_quote(found.source)}  # imports start here"
    if found.python:
        yield f"python = {_quote(found.python)}"
    yield 'editable = ["**/*.py"]  # what a patch may change; tests are frozen unless you say otherwise'


def _stubs(found: Detected) -> Iterable[str]:
    """The modules that are replaced, and those that could be, each with its place."""
    where = {i.top: i for i in (*found.clients, *found.absent)}
    absent = {i.top for i in found.absent}
    if found.stubs:
        yield f"stubs = [{', '.join(map(_quote, found.stubs))}]  # inert stand-ins: they record calls and return nothing"
    for name in found.stubs:
        yield f"#   {name}: {_place(where[name], name in absent)}" if name in where else f"#   {name}"
    proposed = [name for name in proposed_stubs(found) if name not in found.stubs]
    if proposed:
        both = sorted({*found.stubs, *proposed})
        yield f"# stubs = [{', '.join(map(_quote, both))}]  # to put inert stand-ins in place of:"
        yield from (f"#   {name}: {_place(where[name], name in absent)}" for name in proposed)
    for imported in found.absent:
        if imported.top in COMPUTES and imported.top not in found.stubs:
            yield f"# install {imported.top} for this interpreter: {_place(imported, True)}"


def _place(imported: Imported, absent: bool) -> str:
    why = "not installed" if absent else "called when it is imported"
    return f"{_one_line(imported.file)} line {imported.line}, {why}"


def _environment(found: Detected) -> Iterable[str]:
    """The variables that the source reads; values only where they were settled."""
    if found.values:
        pairs = ", ".join(f"{_key(name)} = {_quote(value)}" for name, value in found.values.items())
        yield f"environment = {{ {pairs} }}  # made up, so that the source can be imported"
    open_ones = unset(found)
    if open_ones:
        pairs = ", ".join(f'{_key(v.name)} = "..."' for v in open_ones)
        yield f"# environment = {{ {pairs} }}  # without a value, reading these fails; never a real key: nothing is sent"
    if found.environment:
        yield "# Environment variables that the source reads; none of yours are shown to it:"
    for variable in found.environment[:_MOST_VARIABLES]:
        default = "no default" if variable.default is None else f"default {_one_line(variable.default)}"
        yield f"#   {_one_line(variable.name)}: {_one_line(variable.file)} line {variable.line}, {default}"
    if len(found.environment) > _MOST_VARIABLES:
        yield f"#   and {len(found.environment) - _MOST_VARIABLES} more"


def _strategy(found: Detected) -> Iterable[str]:
    first, *rest = found.candidates
    yield "[strategy]"
    yield f"kind = {_quote(first.kind)}"
    yield f"target = {_quote(first.target)}  # {_quote(first.file)}, line {first.line}"
    for other in dict.fromkeys(c.target for c in rest if c.target != first.target):
        yield f"# or: target = {_quote(other)}"
    if first.kind == "process":
        yield '# symbols = "all"  # one call a bar with the bars of every symbol, instead of a call for each'
    if first.params:
        yield f"params = {_quote(first.params)}"
    if first.doubt:
        yield f"# params: {_one_line(first.doubt)}"


def _data(found: Detected) -> Iterable[str]:
    yield "[data]"
    if found.data:
        yield f"path = {_quote(found.data[0])}"
    else:
        yield f'path = "{WANTED_DATA}"  # no candles were found: put some there; to make some: mendel data synth'
    for other in found.data[1:6]:
        yield f"# or: path = {_quote(other)}"
    wanted = found.candidates[0].timeframe
    if wanted and wanted != found.timeframe:
        made = f"  # the strategy's own; made of the data's {found.timeframe}" if found.timeframe else ""
        yield f"timeframe = {_quote(wanted)}{made}"
    elif found.timeframe:
        yield f"timeframe = {_quote(found.timeframe)}"


def _dashboards(found: Detected) -> Iterable[str]:
    if found.pages or found.serve:
        yield "[dashboards]"
    if found.pages:
        yield "pages = [" + ", ".join(map(_quote, found.pages)) + "]"
    if found.serve:
        yield f"serve = {_quote(found.serve)}"


def _one_line(text: str) -> str:
    """Text for a comment: control characters would end it, or the file."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _key(name: str) -> str:
    """A bare or quoted TOML key."""
    return name if name.isascii() and name.replace("_", "a").replace("-", "a").isalnum() else _quote(name)


def _quote(text: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
