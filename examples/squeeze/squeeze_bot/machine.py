"""The phase machine of one side: idle, armed by a divergence, triggered by a reset, fired by the score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from squeeze_bot.config import SqueezeConfig


def fire(
    divergence: pd.Series,
    reset: pd.Series,
    score: pd.Series,
    params: SqueezeConfig,
    spent: list[int] = [],
) -> pd.Series:
    """Bars on which the side enters. A divergence is good for one entry.

    A divergence arms the machine for ``arm_bars``; a reset while armed opens a window of ``confirm_bars`` in
    which the score has to reach ``min_score``.
    """
    fired = np.zeros(len(score), dtype=bool)
    strong = (score >= params.min_score).tolist()
    armed_at, trigger_at, source = -1, -1, -1
    for i, (diverged, turned) in enumerate(zip(divergence.tolist(), reset.tolist(), strict=True)):
        if turned and armed_at >= 0 and i - armed_at <= params.arm_bars and armed_at not in spent:
            trigger_at, source = i, armed_at
        if diverged:
            armed_at = i
        if trigger_at < 0 or not strong[i]:
            continue
        if i - trigger_at <= params.confirm_bars:
            fired[i] = True
            spent.append(source)
        trigger_at = -1
    return pd.Series(fired, index=score.index)
