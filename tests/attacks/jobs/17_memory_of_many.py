"""Fourteen processes of 90 MB each, half of them in memory that nobody owns alone, hidden from each other: below the limit of one and far above what the job may use. Ends: crashed"""

import ctypes
import mmap
import os
import time

libc = ctypes.CDLL(None)
for number in range(14):
    if os.fork() == 0:
        libc.prctl(4, 0, 0, 0, 0)
        held = bytearray(90 << 20) if number % 2 else mmap.mmap(-1, 90 << 20)
        for at in range(0, len(held), 4096):
            held[at] = 1
        time.sleep(30)
        os._exit(0)
time.sleep(30)
print("GOT OUT")
