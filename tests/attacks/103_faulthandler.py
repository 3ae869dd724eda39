"""Dumps of every stack into the result, the reason and the log, thousands a second, from a thread without the lock.

Whatever it leaves is text that is cleaned or numbers that are checked. Ends: ok or rejected or crashed."""

import faulthandler
import os
import time


def decide(bars):
    for descriptor in (1, 4, 5):
        faulthandler.enable(file=descriptor, all_threads=True)
    faulthandler.dump_traceback_later(0.001, repeat=True, file=4)
    for _ in range(200):
        faulthandler.dump_traceback(file=5)
        faulthandler.dump_traceback(file=1)
    time.sleep(0.02)
    os.lseek(4, 0, os.SEEK_SET)
    time.sleep(0.02)
    faulthandler._sigsegv()
