"""Makes the C library read files of the host as a time zone, as a locale, as a catalogue of messages.

Nothing of them may be seen. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import locale
import time


def attack():
    found = []
    for zone in (":@HOME@/.ssh/id_ed25519", ":/etc/localtime", "@SECRET@3", ":../../../../etc/passwd"):
        os.environ["TZ"] = zone
        time.tzset()
        found.append(time.tzname)
    for name in ("LOCPATH", "NLSPATH", "LANGUAGE", "HOSTALIASES", "RES_OPTIONS", "GCONV_PATH"):
        os.environ[name] = "@HOST@"
    for name in ("", "de_DE.UTF-8", "@HOST@/locale", "../../etc"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error as error:
            print("stopped:", str(error)[:40])
    return open("@HOST@/victim").read()


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
