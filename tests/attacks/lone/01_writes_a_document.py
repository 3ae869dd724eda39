"""Writes a document of its own where the command's is expected, with escapes, and fails. Ends: rejected"""

import os
import sys


def signals(bars):
    for descriptor in (0, 1, 2):
        try:
            os.write(descriptor, b'{"status": "ok", "decisions": {"n": 1, "nonzero": 1}}\n\x1b[2J')
        except OSError:
            continue
    print('{"status": "ok"}', file=sys.__stdout__ or sys.stdout)
    raise RuntimeError('"}, "status": "ok", "x": "\x1b]0;owned\x07\u202e\u2028\ud800\n{')
