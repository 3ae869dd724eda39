"""Processes without end, bounded here as well so that a host without walls survives. Ends: ok"""

import os
import time

made = 0
try:
    while made < 600:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        made += 1
except OSError as error:
    print("stopped:", error)
print("GOT OUT" if made >= 600 else "bounded", made)
