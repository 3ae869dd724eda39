"""A pool of threads, a queue and a lock."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def signals(bars):
    close, found, lock = np.asarray(bars["close"]), queue.Queue(), threading.Lock()

    def momentum(lag):
        with lock:
            found.put(lag)
        moved = np.zeros(len(close))
        moved[lag:] = np.sign(close[lag:] - close[:-lag])
        return moved

    with ThreadPoolExecutor(4) as pool:
        votes = list(pool.map(momentum, (5, 10, 20, 40)))
    assert found.qsize() == 4
    return np.mean(votes, axis=0)
