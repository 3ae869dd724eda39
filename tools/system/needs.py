"""What a strategy needs besides its own source: packages, stand-ins for them, and environment variables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sandbox.host import parse
from tools.system.detect import Detected
from tools.system.environment import Variable
from tools.system.imports import CLIENTS, COMPUTES, Imported, foreign_imports, not_installed

_SHIMS = Path(parse.__file__).resolve().parent.parent / "child" / "shims"
#: Kinds whose package Mendel stands in for; and what it stands in for in strategies of kind signals, too.
_SHIMMED = ("freqtrade", "backtesting")
_LIBRARIES = {"talib", "technical"}


def with_needs(found: Detected, python: Path) -> Detected:
    """The same with what its first candidate imports: what ``python`` has not got, and what would talk to somebody."""
    first = found.candidates[0]
    modules = found.parsed.modules(found.source) if found.parsed else {}
    module = next((m for m in modules.values() if m.file == first.file), None)
    if module is None:
        return found
    foreign = foreign_imports(module, modules)
    absent = set(not_installed([imported.top for imported in foreign], python)) - _offered(first.kind)
    return replace(
        found,
        absent=tuple(i for i in foreign if i.top in absent),
        clients=tuple(i for i in foreign if i.top in CLIENTS and i.top not in absent),
    )


def _offered(kind: str) -> set[str]:
    """Packages that the adapter of this kind stands in for."""
    if kind in _SHIMMED:
        return {p.name for p in _SHIMS.iterdir() if p.is_dir()}
    return _LIBRARIES if kind == "signals" else set()


def proposed_stubs(found: Detected) -> tuple[str, ...]:
    """Modules to stub: those that are missing where their absence stops an import, and clients that are called when
    they are imported. Never one that computes: its numbers would be zeros."""
    missing = [i.top for i in found.absent if not i.guarded and i.top not in COMPUTES]
    calling = [i.top for i in found.clients if i.connects and not i.guarded]
    return tuple(sorted({*missing, *calling}))


def must_install(found: Detected) -> tuple[Imported, ...]:
    """Missing modules that no stand-in can replace."""
    return tuple(i for i in found.absent if not i.guarded and i.top in COMPUTES)


def unset(found: Detected) -> tuple[Variable, ...]:
    """Environment variables that fail without a value, and have none."""
    return tuple(v for v in found.environment if v.needed and v.name not in found.values)
