"""Calls a person's data provider and writes the bars that it returned as plain numbers. Runs as a job, in the copy.

``python provide.py FOLDER``: FOLDER holds ``ask.json`` and gets ``answer.json`` and a file of numbers for each market:
int64 times, then each column, float64. Everything that is written here is hostile to whoever reads it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sandbox.child import provide_frames as frames
    from sandbox.child import reasons

_GIVEN = ("symbols", "timeframe", "start", "end")


def main(folder: str) -> None:
    """Answer the question in ``folder``."""
    root = os.getcwd()  # noqa: PTH109
    sys.path[0] = root
    with open(f"{folder}/ask.json", encoding="utf-8") as file:  # noqa: PTH123
        ask = json.load(file)
    try:
        answer = _answer(ask, folder, root)
    except BaseException as error:  # noqa: BLE001 - the process edge: what it raised is the answer
        answer = {"error": reasons.describe(error, root + "/"), "kind": _kind(error)}
    with open(f"{folder}/answer.json", "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(answer, file)


def _answer(ask: Mapping[str, Any], folder: str, root: str) -> dict[str, Any]:
    function = _resolve(ask["provider"])
    place = _place(function, root)
    found = function(**_arguments(function, ask, place))
    if inspect.iscoroutine(found):
        found = asyncio.run(found)
    markets = []
    try:
        for number, (symbol, bars) in enumerate(frames.markets_in(found, ask["symbols"]).items()):
            values = [bars.time, *bars.columns.values()]
            with open(f"{folder}/{number}.bin", "wb") as file:  # noqa: PTH123
                for column in values:
                    file.write(np.ascontiguousarray(column).tobytes())
            markets.append(
                {
                    "symbol": symbol,
                    "rows": len(bars.time),
                    "epoch": bars.epoch,
                    "columns": list(bars.columns),
                    "notes": bars.notes,
                }
            )
    except frames.Unusable as error:
        raise reasons.Rejection(f"{place}{error}") from None
    return {"markets": markets}


def _resolve(reference: str) -> Callable[..., Any]:
    name, _, path = reference.partition(":")
    found: Any = importlib.import_module(name)
    for part in path.split("."):
        if not hasattr(found, part):
            file = getattr(sys.modules[name], "__file__", name) or name
            raise reasons.Rejection(f"{os.path.basename(file)} has no {path!r}")  # noqa: PTH119
        found = getattr(found, part)
    if not callable(found):
        raise reasons.Rejection(f"is a {type(found).__name__}; name a function that returns the bars")
    return found  # type: ignore[no-any-return]


def _place(function: Callable[..., Any], root: str) -> str:
    """ "feeds.py:12: bars ": where the function is written."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    name = getattr(function, "__name__", type(function).__name__)
    return f"{os.path.relpath(code.co_filename, root)}:{code.co_firstlineno}: {name} " if code else f"{name} "


def _arguments(function: Callable[..., Any], ask: Mapping[str, Any], place: str) -> dict[str, Any]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return {}
    must = [
        p.name
        for p in parameters
        if p.default is p.empty
        and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        and (p.name not in _GIVEN or p.kind is p.POSITIONAL_ONLY)
    ]
    if must:
        raise reasons.Rejection(f"{place}must be given {', '.join(must)}")
    named = [p for p in parameters if p.name in _GIVEN]
    given = {p.name: ask.get(p.name) for p in named}
    return {p.name: given[p.name] for p in named if given[p.name] or p.default is p.empty}


def _kind(error: BaseException) -> str:
    """What a hint can be given about."""
    if isinstance(error, reasons.Rejection):
        return "arguments" if " must be given " in str(error) else "answer"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "file"
    names = {base.__name__ for base in type(error).__mro__}
    words = str(error)
    if names & {"ConnectionError", "gaierror", "URLError", "ConnectTimeout"} or "unreachable" in words:
        return "network"
    return "module" if isinstance(error, ImportError) else "raised"


def _load(name: str) -> Any:
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100,PTH120
    spec = importlib.util.spec_from_file_location(f"_mendel_{name}", f"{here}/{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"_mendel_{name}"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    frames, reasons = _load("provide_frames"), _load("reasons")
    main(sys.argv[1])
