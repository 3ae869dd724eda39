"""Bar by bar: numpy numbers, attributes, a class with state, a short position, equity in the sizing."""

import numpy as np


class State:
    def __init__(self):
        self.mean = None

    def __call__(self, bar, portfolio):
        self.mean = bar.close if self.mean is None else 0.9 * self.mean + 0.1 * bar.close
        size = np.float32(0.5) if portfolio.equity > 9_000 else np.float64(0.1)
        return -size if bar.close > self.mean else np.bool_(False) if bar.close == self.mean else size


on_bar = State()
