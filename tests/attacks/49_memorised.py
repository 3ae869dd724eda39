"""Answers learned by heart: no wall can tell, only unseen data can."""

import numpy as np


def decide(bars):
    return bars.assign(enter_long=np.arange(len(bars)) % 2 == 0)
