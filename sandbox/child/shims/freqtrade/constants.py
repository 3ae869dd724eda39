"""Types that strategies annotate with."""

from typing import Any

Config = dict[str, Any]
DATETIME_PRINT_FORMAT = "%Y-%m-%d %H:%M:%S"
