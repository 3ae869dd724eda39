"""Objects that run a command when they are unpickled, copied or printed, in every place of the answer.

No byte of the answer may be unpickled: the command writes to the host. Ends: ok or rejected."""

import os

import numpy as np
import pandas as pd


class Poison:
    def __reduce__(self):
        return os.system, ("echo owned > @HOST@/victim",)

    def __reduce_ex__(self, protocol):
        return self.__reduce__()

    def __deepcopy__(self, memo):
        return self

    def __float__(self):
        return 0.0

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return True


def decide(bars):
    answer = pd.DataFrame({"enter_long": np.array([Poison() for _ in range(len(bars))], dtype=object)}, index=bars.index)
    answer.attrs["poison"] = Poison()
    answer["more"] = [Poison()] * len(bars)
    return answer
