"""Columns of types with metadata, of structured, void, complex, time and categorical types.

None of them may pass as a decision. Ends: rejected."""

import numpy as np
import pandas as pd


def decide(bars):
    n = len(bars)
    answer = pd.DataFrame(index=bars.index)
    answer["exit_long"] = np.zeros(n, dtype=np.dtype("f8", metadata={"key": "x" * 100_000}))
    for name, make in {
        "enter_short": lambda: pd.Series(list(np.zeros(n, dtype=[("a", "f8"), ("b", "O")])), index=bars.index),
        "exit_short": lambda: np.array([b"\x01"] * n, dtype="V1"),
        "enter_long": lambda: np.zeros(n, dtype=complex),
        "size": lambda: pd.Categorical([0.0] * n),
    }.items():
        try:
            answer[name] = make()
        except Exception as error:
            print(name, error)
    answer["stop"] = pd.to_timedelta(np.zeros(n))
    return answer
