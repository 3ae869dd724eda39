"""Prints, warns and logs a great deal."""

import logging
import sys
import warnings

logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
log = logging.getLogger(__name__)


def signals(bars):
    for k in range(3000):
        log.debug("bar %d of %d: ✓ ümläut", k, len(bars))
        print("a line", k, file=sys.stderr)
    warnings.warn("an old function", DeprecationWarning, stacklevel=1)
    print("[red]no markup[/nowhere]", "\x1b[31mred\x1b[0m", flush=True)
    return bars["close"] > bars["open"]
