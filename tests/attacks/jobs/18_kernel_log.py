"""Reads the log of the kernel, which tells of the person's devices and addresses. Ends: ok"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(4096)
for action in (3, 10, 9, 2):
    found = libc.syscall(103, action, buffer, 4096) if action != 2 else -1
    print(action, found, ctypes.get_errno())
    if found > 0:
        print("GOT OUT", action)
for place in ("/dev/kmsg", "/proc/kmsg", "/var/log/syslog"):
    try:
        os.open(place, os.O_RDONLY)
        print("GOT OUT", place)
    except OSError as error:
        print("stopped:", error)
