"""Errors by freqtrade's names, and ours."""


class FreqtradeException(Exception):  # noqa: N818 - freqtrade's name
    """Root of freqtrade's errors."""


class OperationalException(FreqtradeException):
    """A strategy or a configuration that cannot work."""


class DependencyException(FreqtradeException):
    """Something that is needed is not there."""


class StrategyError(FreqtradeException):
    """A strategy that failed."""


class NotInMendel(FreqtradeException):
    """A part of freqtrade's interface that has no counterpart here: never ignored, always named."""
