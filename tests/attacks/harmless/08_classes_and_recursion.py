"""Classes, generators, caches, recursion, an exception that is caught."""

import functools
import itertools
from collections import Counter, deque
from enum import Enum


class Side(Enum):
    FLAT, LONG, SHORT = 0.0, 1.0, -1.0


class Strategy:
    def __init__(self):
        self.window, self.seen = deque(maxlen=10), Counter()

    def decide(self, price):
        try:
            side = Side.LONG if price > max(self.window) else Side.SHORT if price < min(self.window) else Side.FLAT
        except ValueError:
            side = Side.FLAT
        self.window.append(price)
        self.seen[side] += 1
        return side.value


@functools.lru_cache(None)
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def signals(bars):
    strategy = Strategy()
    assert fibonacci(90) == 2880067194370816120
    return list(itertools.chain.from_iterable([strategy.decide(price)] for price in bars["close"]))
