"""The root of every error that a person sees as one line."""


class MendelError(Exception):
    """Names the value and the remedy, in one line."""
