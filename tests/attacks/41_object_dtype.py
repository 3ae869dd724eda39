"""Objects that pretend to be numbers."""

import numpy as np


class Always(float):
    def __float__(self):
        raise RuntimeError("no")

    def __gt__(self, other):
        return True


def decide(bars):
    return bars.assign(enter_long=np.array([Always(0)] * (len(bars) - 1) + ["x"], dtype=object))
