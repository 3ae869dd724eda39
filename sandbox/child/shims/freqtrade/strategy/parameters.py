"""Parameters that hyperopt may search; here they hold their defaults, or what Mendel tries.

``CLASS_KINDS`` in tools/system reads the same calls from the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class BaseParameter:
    """``value`` is what the strategy reads. ``range`` has every value in a hyperopt and just this one otherwise."""

    def __init__(
        self,
        *,
        default: Any,
        space: str | None = None,
        optimize: bool = True,
        load: bool = True,
        **kwargs: Any,
    ) -> None:
        self.name: str | None = None
        self.value = self.default = default
        self.space, self.optimize, self.load, self.category = space, optimize, load, space
        self.in_space = False

    def taken(self, value: Any) -> Any:
        """The value as this parameter holds it. Raises ValueError where it is out of range."""
        return value

    def fits(self) -> bool:
        """Whether the value in use is one that it may have. freqtrade runs with any."""
        try:
            self.taken(self.value)
        except (TypeError, ValueError):
            return False
        return True

    @property
    def range(self) -> Sequence[Any]:
        """Only the value that is in use: nothing is searched inside the strategy."""
        return [self.value]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class NumericParameter(BaseParameter):
    """A number between ``low`` and ``high``."""

    def __init__(self, low: Any, high: Any = None, *, default: Any, **kwargs: Any) -> None:
        bounds = tuple(low) if isinstance(low, Sequence) else (low, high)
        if len(bounds) != 2 or bounds[1] is None:
            raise ValueError(f"{type(self).__name__}: give low and high, or one pair of them")
        self.low, self.high = bounds
        super().__init__(default=default, **kwargs)

    def taken(self, value: Any) -> Any:
        if isinstance(value, str) or value is None or not self.low <= value <= self.high:
            raise ValueError(f"{value!r} is not between {self.low} and {self.high}")
        return value


class IntParameter(NumericParameter):
    """Whole numbers."""

    def taken(self, value: Any) -> Any:
        return int(super().taken(value))


class RealParameter(NumericParameter):
    """Fractions."""

    def taken(self, value: Any) -> Any:
        return float(super().taken(value))


class DecimalParameter(NumericParameter):
    """Fractions of so many decimals."""

    def __init__(self, low: Any, high: Any = None, *, default: Any, decimals: int = 3, **kwargs: Any) -> None:
        self.decimals = decimals
        super().__init__(low, high, default=round(default, decimals), **kwargs)

    def taken(self, value: Any) -> Any:
        return round(float(super().taken(value)), self.decimals)


class CategoricalParameter(BaseParameter):
    """One of ``categories``."""

    def __init__(self, categories: Sequence[Any], *, default: Any = None, **kwargs: Any) -> None:
        if len(categories) < 2:
            raise ValueError("CategoricalParameter: give at least two categories")
        self.categories = list(categories)
        super().__init__(default=self.categories[0] if default is None else default, **kwargs)

    def taken(self, value: Any) -> Any:
        if value not in self.categories:
            raise ValueError(f"{value!r} is none of {self.categories}")
        return self.categories[self.categories.index(value)]


class BooleanParameter(CategoricalParameter):
    """True or False."""

    def __init__(self, *, default: Any = None, **kwargs: Any) -> None:
        super().__init__([True, False], default=default, **kwargs)
