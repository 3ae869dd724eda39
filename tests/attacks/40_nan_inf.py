"""Infinite decisions."""

import numpy as np


def decide(bars):
    return bars.assign(enter_long=np.where(np.arange(len(bars)) == 5, np.inf, 0.0))
