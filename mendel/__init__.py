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
    "ConceptDiscovery": "tools.discovery.concept_discovery",
    "IntelligentOptimizer": "tools.optimization.optimizer",
    "VisualIntelligence": "tools.vision.visual_intelligence",
    "MarketRegimeDetector": "tools.market.regimes",
    "ContinuousLearning": "agents.learning",
    "evolution_loop": "agents.loop",
}

if TYPE_CHECKING:
    from agents.learning import ContinuousLearning
    from agents.loop import evolution_loop
    from tools.analysis.system_analyzer import SystemAnalyzer
    from tools.discovery.concept_discovery import ConceptDiscovery
    from tools.evolution.guard import SafetyGuard
    from tools.evolution.system_evolution import SystemEvolution
    from tools.market.regimes import MarketRegimeDetector
    from tools.optimization.optimizer import IntelligentOptimizer
    from tools.vision.visual_intelligence import VisualIntelligence

__all__ = [
    "ConceptDiscovery",
    "ContinuousLearning",
    "IntelligentOptimizer",
    "MarketRegimeDetector",
    "SafetyGuard",
    "SystemAnalyzer",
    "SystemEvolution",
    "VisualIntelligence",
    "__version__",
    "evolution_loop",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mendel' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
