"""Two moving averages cross: numpy alone."""

import numpy as np


def signals(bars):
    close = bars["close"]
    total = np.concatenate([[0.0], np.cumsum(close)])
    position = np.zeros(len(close))
    for k in range(50, len(close)):
        fast, slow = (total[k + 1] - total[k - 9]) / 10, (total[k + 1] - total[k - 49]) / 50
        position[k] = 1.0 if fast > slow else -1.0
    return position
