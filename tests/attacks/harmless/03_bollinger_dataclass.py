"""Bands around a mean, settings in a dataclass, the answer a list of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    window: int = 20
    width: float = 2.0


def signals(bars, settings=Settings()):
    close = np.asarray(bars["close"])
    answer = [0] * len(close)
    for k in range(settings.window, len(close)):
        window = close[k - settings.window : k]
        mean, spread = window.mean(), settings.width * window.std()
        answer[k] = 1 if close[k] < mean - spread else -1 if close[k] > mean + spread else answer[k - 1]
    return answer
