"""Asks to be told of what the host does with files that both see: inotify, fanotify, leases, dnotify. Ends: ok"""

import ctypes
import fcntl
import os

libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(300, 0x200, 0) >= 0:
    print("GOT OUT fanotify")
print("fanotify", ctypes.get_errno())
for path in (os.__file__, "/bundle/job_attack.py"):
    try:
        handle = os.open(path, os.O_RDONLY)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        print("GOT OUT lease", path)
    except OSError as error:
        print("stopped:", error)
