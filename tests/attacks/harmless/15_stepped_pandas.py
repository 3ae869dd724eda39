"""Bar by bar: a frame that grows, indicators on its tail, time as a timestamp."""

import numpy as np
import pandas as pd

rows = []


def on_bar(bar, portfolio):
    rows.append(dict(bar))
    if len(rows) < 30 or len(rows) % 10:
        return float(np.clip(portfolio["position"], -1, 1))
    frame = pd.DataFrame(rows[-30:])
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    assert frame["time"].is_monotonic_increasing
    return int(np.sign(frame["close"].diff().mean()))
