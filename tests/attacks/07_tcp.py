"""A TCP server of the host."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import socket

    socket.create_connection(("127.0.0.1", @TCP@), 1).send(b"hi")
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
