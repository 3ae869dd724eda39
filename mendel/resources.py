"""Where the examples and prompts are: in the wheel beside the package, in a checkout beside the packages."""

from __future__ import annotations

from pathlib import Path

from tools.errors import MendelError


class ResourceError(MendelError):
    """Mendel's own data is not where it should be."""


def resource(kind: str, name: str) -> Path:
    """The folder or file ``name`` of ``kind`` (examples, prompts)."""
    here = Path(__file__).resolve().parent
    for base in (here / "_data" / kind, here.parent / kind):
        if (base / name).exists():
            return base / name
    raise ResourceError(f"{kind}/{name}: not found; install Mendel again, its data is missing")
