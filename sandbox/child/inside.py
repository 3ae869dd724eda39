"""Runs a strategy by its adapter's child half in this very process, with nobody at the other end of the line.

A written test of a class needs it: copied beside that test, it works with neither Mendel nor the package that the strategy
was written for. There is no wall here: it is for a person's own code in their own pytest, or inside a job. Stand-ins and
the system's modules are in ``sys.modules`` only while a strategy runs, so that other tests of the same run see the real
ones."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100,PTH120
_ADAPTER = "_mendel_adapter_"
#: The decision columns that are asked for; what a strategy does not say is left out.
FIELDS = (
    "enter_long",
    "exit_long",
    "enter_short",
    "exit_short",
    "size",
    "stop",
    "target",
    "trail",
    "max_bars",
)
_kept: dict[str, types.ModuleType] = {}


class Siblings:
    """Finds ``_mendel_NAME`` beside this file, and ``_mendel_adapter_NAME`` in the folder ``adapters``."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """The spec of one of our files; None for everything else."""
        if not name.startswith("_mendel_"):
            return None
        folder = f"{_HERE}/adapters" if name.startswith(_ADAPTER) else _HERE
        file = f"{folder}/{name.removeprefix(_ADAPTER).removeprefix('_mendel_')}.py"
        return importlib.util.spec_from_file_location(name, file) if os.path.isfile(file) else None  # noqa: PTH113


def decide(
    kind: str,
    target: str,
    frame: Any,
    *,
    params: str | None = None,
    settings: Mapping[str, Any] | None = None,
    stubs: Sequence[str] = (),
) -> Any:
    """A DataFrame of decision columns under the index of ``frame`` (float columns, UTC times). ``kind``, ``target``,
    ``params`` and ``stubs`` as in mendel.toml. Raises what the strategy raises, or Rejection."""
    import pandas as pd

    adapter = _adapter(kind)
    request = {
        "target": target,
        "params": params,
        "overrides": dict(settings or {}),
        "symbol": frame.attrs.get("symbol", ""),
        "repeat": 1,
        "fields": list(FIELDS),
    }
    time = frame.index.as_unit("ns").asi8
    columns = {str(name): frame[name].to_numpy(float) for name in frame}
    with _in_place(getattr(adapter, "REPLACES", ())):
        importlib.import_module("_mendel_stubs").install(list(stubs))
        alone = getattr(adapter, "alone", adapter.evaluate)
        table = alone(request, time, columns)
    return pd.DataFrame({name: table[name] for name in FIELDS if name in table}, index=frame.index)


def forget() -> None:
    """Drop the system's modules, and what they remember of earlier calls."""
    for name in [name for name, module in _kept.items() if _of_system(module)]:
        del _kept[name]


def _adapter(kind: str) -> Any:
    if not any(isinstance(finder, Siblings) for finder in sys.meta_path):
        finder: Any = Siblings()
        sys.meta_path.insert(0, finder)
    shims = importlib.import_module("_mendel_shim_finder")
    if not shims.MODULES:
        shims.MODULES.update(shims.read(f"{_HERE}/shims"))
    return importlib.import_module(f"{_ADAPTER}{kind}")


@contextlib.contextmanager
def _in_place(replaces: Sequence[str]) -> Iterator[None]:
    """``replaces`` are packages whose real modules step aside meanwhile, as do the system's that were made with them."""
    aside = {
        name: m for name, m in sys.modules.items() if name.partition(".")[0] in replaces or _of_system(m)
    }
    finders, before = list(sys.meta_path), set(sys.modules) - set(aside)
    for name in aside:
        del sys.modules[name]
    sys.modules.update(_kept)
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name, module in list(sys.modules.items()):
            if name not in before and (name in _kept or _of_system(module) or _stands_in(module)):
                _kept[name] = sys.modules.pop(name)
        sys.modules.update(aside)


def _file(module: Any) -> str:
    return getattr(module, "__file__", None) or ""


def _stands_in(module: Any) -> bool:
    return _file(module).startswith(f"{_HERE}/shims/")


def _of_system(module: Any) -> bool:
    """Whether it comes from the current folder, installed packages and ourselves apart."""
    file = _file(module)
    return (
        file.startswith(os.getcwd())  # noqa: PTH109
        and "site-packages" not in file
        and not file.startswith(f"{_HERE}/")
    )
