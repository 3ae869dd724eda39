"""System calls that a strategy has no use for."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    up = os.getppid() or 1
    calls = {
        "mount": (165, b"none", b"/scratch", b"tmpfs", 0, 0),
        "unshare": (272, 0x10000000),
        "setns": (308, 3, 0),
        "pivot_root": (155, b".", b"."),
        "bpf": (321, 0, 0, 0),
        "perf_event_open": (298, 0, 0, 0, 0, 0),
        "keyctl": (250, 0, -3, 0),
        "userfaultfd": (323, 1),
        "io_uring_setup": (425, 4, b"\0" * 200),
        "process_vm_readv": (310, up, 0, 0, 0, 0, 0),
        "clone3": (435, b"\0" * 88, 88),
        "pidfd_open": (434, up, 0),
        "chroot": (161, b"."),
        "init_module": (175, 0, 0, 0),
        "kexec_load": (246, 0, 0, 0, 0),
        "open_by_handle_at": (304, 0, 0, 0),
        "socketpair": (53, 1, 1, 0, b"\0" * 8),
        "shmget": (29, 0, 4096, 0o1600),
        "msgget": (68, 0, 0o1600),
        "setuid": (105, 0),
        "fsopen": (430, b"tmpfs", 0),
        "open_tree": (428, -100, b"/", 1),
        "memfd_create": (319, b"z", 0),
        "vmsplice": (278, 1, 0, 0, 0),
        "sched_setaffinity": (203, 0, 8, b"\xff" * 8),
        "mount_setattr": (442, -100, b"/", 0x8000, b"\0" * 32, 32),
        "prctl": (157, 4, 1, 0, 0, 0),
        "setrlimit": (160, 0, b"\xff" * 16),
        "prlimit64": (302, 0, 9, b"\xff" * 16, 0),
    }
    open_calls = []
    for name, (number, *arguments) in calls.items():
        result = libc.syscall(number, *arguments)
        if result >= 0 or ctypes.get_errno() not in (1, 38):
            open_calls.append((name, result, ctypes.get_errno()))
    print(open_calls)
    return open_calls


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
