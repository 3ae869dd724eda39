"""Timers that fire every tenth of a millisecond into handlers that raise.

Must not arm one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import signal


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    armed, hits = [], []
    for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGUSR1):
        signal.signal(number, lambda number, frame: hits.append(number))
    for kind in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        try:
            signal.setitimer(kind, 0.0001, 0.0001)
            armed.append(kind)
        except OSError as error:
            print("stopped:", error)
    armed += ["alarm"] if libc.syscall(37, 0) >= 0 else []
    for number in range(1, 65):
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, {number})
        except (OSError, ValueError):
            continue
    for kind in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        try:
            signal.setitimer(kind, 0)
        except OSError:
            continue
    return armed


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
