"""A daemon that outlives the job and then writes to the host. Ends: ok"""

import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(64):
            try:
                os.close(descriptor)
            except OSError:
                continue
        while True:
            time.sleep(0.2)
            for place in ("@HOST@/daemon", "/tmp/pwned"):
                try:
                    with open(place, "w") as handle:
                        handle.write("x")
                except OSError:
                    continue
    os._exit(0)
print("left one behind")
