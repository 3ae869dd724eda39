"""What a system is made of, read from its source: modules, entry points, data flow, settings, hygiene."""

from tools.analysis.architecture.report import Architecture, analyze_architecture
from tools.analysis.architecture.text import architecture_text

__all__ = ["Architecture", "analyze_architecture", "architecture_text"]
