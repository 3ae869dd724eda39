"""qtpylib under its old name: the real ``technical`` where it is installed, else the stand-in."""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(importlib.import_module("technical.qtpylib"), name)
