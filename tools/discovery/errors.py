"""What can go wrong in this room."""

from __future__ import annotations

from tools.errors import MendelError


class DiscoveryError(MendelError):
    """A question that cannot be asked as it stands."""


class UntestableError(MendelError):
    """A claim that cannot be tested here; the message says why and what could be. Nothing was spent."""
