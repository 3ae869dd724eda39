"""Puts its own adapter, its own reasons and its own numpy in the places where ours are.

What comes back is checked by the host all the same. Ends: rejected."""

import sys
import types

import numpy as np


def decide(bars):
    fake = types.ModuleType("fake")
    fake.__getattr__ = lambda name: lambda *given, **named: {"enter_long": np.full(len(bars), 7.0)}
    for name in [name for name in sys.modules if name.startswith("_mendel")]:
        module = sys.modules[name]
        for word in ("extract", "describe", "own_part", "why_not", "_floats"):
            if hasattr(module, word):
                setattr(module, word, lambda *given: {"enter_long": np.full(len(bars), 7.0)})
        sys.modules[name] = fake
    sys.modules["numpy"] = sys.modules["pandas"] = fake
    return bars
