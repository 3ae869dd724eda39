"""Old module name of the parameters."""

from .parameters import BooleanParameter, CategoricalParameter, DecimalParameter, IntParameter, RealParameter

__all__ = ["BooleanParameter", "CategoricalParameter", "DecimalParameter", "IntParameter", "RealParameter"]
