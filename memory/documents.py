"""JSON as it is kept: one spelling for each value, so that equal values have equal text and equal hashes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from memory.errors import MemoryStoreError

#: A JSON value. Mappings have text keys; NaN and infinities are not JSON.
Json = Any


def canonical(value: Json) -> str:
    """The one spelling of ``value``: sorted keys, no spaces, ASCII. Raises MemoryStoreError for what is no JSON."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise MemoryStoreError(
            f"cannot be kept as JSON ({error}); convert it to plain numbers, text and lists"
        ) from error


def utc_now() -> str:
    """The time as ISO text, UTC, to the microsecond: sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
