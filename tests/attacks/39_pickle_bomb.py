"""Bytes that would run a command if anyone unpickled them."""

import os
import pickle


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch @HOST@/pickled",))


def decide(bars):
    data = pickle.dumps(Bomb())
    os.pwrite(4, data, 0)
    os.pwrite(5, data, 0)
    os.write(1, data)
    os._exit(0)
