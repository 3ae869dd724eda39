"""Asks for three gigabytes without touching them. Ends: crashed"""

import numpy as np


def signals(bars):
    return np.zeros(3 << 27)[: len(bars["close"])]
