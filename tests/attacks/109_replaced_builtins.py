"""Replaces the functions by which our side of the child ends it, writes, and tells types apart.

The process goes on in our own code, behind the same walls, and ends without an answer. Ends: crashed or rejected or timeout."""

import builtins
import os
import sys


def decide(bars):
    os._exit = lambda code: None
    os.write = os.pwrite = lambda *given: 1 / 0
    builtins.isinstance = lambda *given: True
    builtins.len = lambda *given: 400
    builtins.open = builtins.print = builtins.getattr = lambda *given: None
    sys.exit = sys.stdout.write
    raise KeyboardInterrupt
