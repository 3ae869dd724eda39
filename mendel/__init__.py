"""Mendel: a system evolution engine for trading strategies.

The classes that the mission names are importable from here; they load on first use, so that ``import mendel`` is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "SystemAnalyzer": "tools.analysis.system_analyzer",
    "SystemEvolution": "tools.evolution.system_evolution",
    "SafetyGuard": "tools.evolution.guard",
}

if TYPE_CHECKING:
    from tools.analysis.system_analyzer import SystemAnalyzer
    from tools.evolution.guard import SafetyGuard
    from tools.evolution.system_evolution import SystemEvolution

__all__ = ["SafetyGuard", "SystemAnalyzer", "SystemEvolution", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mendel' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
