"""The one root of what can go wrong in this room."""

from __future__ import annotations


class MemoryStoreError(Exception):
    """What was to be remembered or recalled could not be: one line that names the value and the remedy."""
