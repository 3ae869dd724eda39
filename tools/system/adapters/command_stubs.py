"""``[system] stubs`` for a command: packages that stand before the installed ones on its Python's search path."""

from __future__ import annotations

import re
from pathlib import Path

from tools.system.adapters.base import AdapterError

_STUBS = Path(__file__).resolve().parents[3] / "sandbox" / "child" / "stubs.py"
_PACKAGE = """import sys

import _mendel_stubs

_mendel_stubs.install([__name__])
sys.modules[__name__] = _mendel_stubs.InertModule(__name__)
sys.modules[__name__].__path__ = []
"""


def stub_files(names: tuple[str, ...], folder: str) -> dict[str, str]:
    """Path in the copy -> text, below ``folder``/stubs; none without names. Raises AdapterError for a module inside a package:
    the package would have to stay real."""
    if not names:
        return {}
    for name in names:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise AdapterError(
                f"mendel.toml: [system] stubs: {name!r}: a command can have whole packages stubbed only; name "
                f"{name.partition('.')[0]!r}"
            )
    packages = {f"{folder}/stubs/{name}/__init__.py": _PACKAGE for name in names}
    return {f"{folder}/stubs/_mendel_stubs.py": _STUBS.read_text(encoding="utf-8"), **packages}
