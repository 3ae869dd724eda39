"""The last step of ``make setup``: compile the simulator once, and find or install a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tools.vision.browser import SETTING, find_browser

_APT_SECONDS = 600


def warm() -> None:
    """Run the compiled parts once, so that their cache is on disk before a person waits for it."""
    from tools.backtest.warm import warm_cache

    warm_cache()


def browser() -> str:
    """Which browser will be used, after an attempt to install Debian's where none is found."""
    found = find_browser()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            subprocess.run(command, check=False, timeout=_APT_SECONDS, stdout=subprocess.DEVNULL)
        found = find_browser()
    if found is None:
        return f"no browser: pages cannot be looked at. Install chromium (apt install chromium), or set {SETTING}"
    return f"browser: {found}"


def main() -> None:
    """Warm up and report."""
    warm()
    sys.stdout.write(browser() + "\n")


if __name__ == "__main__":
    main()
