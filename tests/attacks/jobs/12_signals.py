"""Deaf to every signal, and kills whatever it can see. Ends: timeout"""

import os
import signal
import time

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
for number in (signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(int("@PID@"), number)
        print("GOT OUT")
    except OSError as error:
        print("stopped:", error)
while True:
    time.sleep(1)
