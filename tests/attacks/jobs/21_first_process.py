"""Stops, debugs, renames, starves and reads the first process of its world, which is ours. Ends: ok"""

import os
import signal

for number in range(1, 65):
    try:
        os.kill(1, number)
    except (OSError, ValueError) as error:
        print("stopped:", number, error)
for place in ("mem", "environ", "maps", "fd/0", "cwd", "root", "syscall", "stack", "auxv", "io", "map_files"):
    try:
        os.stat(f"/proc/1/{place}") if place != "mem" else None
        handle = os.open(f"/proc/1/{place}", os.O_RDONLY)
        print("GOT OUT", place, os.read(handle, 10))
    except OSError as error:
        print("stopped:", place, error)
for place in ("oom_score_adj", "comm", "coredump_filter", "uid_map", "setgroups", "timerslack_ns"):
    try:
        with open(f"/proc/1/{place}", "w") as handle:
            handle.write("0")
        print("GOT OUT", place)
    except OSError as error:
        print("stopped:", place, error)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
