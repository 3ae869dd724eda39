"""Tails of the normal and of Student's t. scipy comes in by name: it is heavy, and it ships no types."""

from __future__ import annotations

from importlib import import_module
from statistics import NormalDist

_NORMAL = NormalDist()


def normal_quantile(chance: float) -> float:
    """The value below which a standard normal falls with ``chance``, in (0, 1)."""
    return _NORMAL.inv_cdf(chance)


def normal_below(value: float) -> float:
    """The chance that a standard normal falls below ``value``."""
    return _NORMAL.cdf(value)


def t_above(value: float, freedom: int) -> float:
    """The chance that Student's t with ``freedom`` exceeds ``value``."""
    return float(import_module("scipy.special").stdtr(freedom, -value))


def t_quantile(chance: float, freedom: int) -> float:
    """The value below which Student's t falls with ``chance``."""
    return float(import_module("scipy.special").stdtrit(freedom, chance))
