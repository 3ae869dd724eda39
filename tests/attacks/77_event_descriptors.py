"""Descriptors that count, watch and wait: eventfd, epoll, signalfd, inotify, fanotify.

Must not get one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    calls = {
        "eventfd2": (290, 0, 0), "epoll_create1": (291, 0), "signalfd4": (289, -1, b"\xff" * 8, 8, 0), "inotify_init1": (294, 0),
        "fanotify_init": (300, 0x200, 0), "inotify_add_watch": (254, 3, b"/", 0xFFF), "memfd_secret": (447, 0),
    }
    doors = [name for name, (number, *arguments) in calls.items() if libc.syscall(number, *arguments) >= 0]
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
