"""Find a browser that can take screenshots without a window."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SETTING = "MENDEL_BROWSER"
INSTALL = f"no browser: pages cannot be looked at; install chromium (Debian: apt-get install chromium) or set {SETTING}"


def find_browser() -> Path | None:
    """The browser named by the environment variable MENDEL_BROWSER, else the first of the usual names on PATH; None where
    there is none."""
    named = os.environ.get(SETTING)
    if named:
        path = Path(named).expanduser()
        return path if path.is_file() and os.access(path, os.X_OK) else None
    found = next((p for name in NAMES if (p := shutil.which(name))), None)
    return Path(found) if found else None
