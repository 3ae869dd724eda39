"""Memory that belongs to no process and that no limit on one counts: segments, queues, memory files, bounded to 64 MB. Ends: ok"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for name, number, arguments in (
    ("shmget", 29, (0, 64 << 20, 0o1600)),
    ("semget", 64, (0, 32_000, 0o1600)),
    ("msgget", 68, (0, 0o1600)),
    ("mq_open", 240, (b"mendel", 0o102, 0o600, None)),
    ("memfd_create", 319, (b"x", 0)),
    ("memfd_secret", 447, (0,)),
):
    made = libc.syscall(number, *arguments)
    print(name, made, ctypes.get_errno())
    if made >= 0:
        print("GOT OUT", name)
        if name == "memfd_create":
            os.ftruncate(made, 64 << 20)
