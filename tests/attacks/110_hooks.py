"""Hooks on imports, on every line, on every audited event, on every thread.

They see the candidate's own process only. Ends: ok."""

import sys
import threading

import numpy as np
import pandas as pd


class Finder:
    def find_spec(self, name, path=None, target=None):
        open("@HOST@/victim", "w").write("owned")


def hook(*given):
    try:
        open("@HOST@/victim", "w").write("owned")
    except OSError:
        pass
    return hook


def decide(bars):
    sys.meta_path.insert(0, Finder())
    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
    threading.settrace(hook)
    sys.settrace(hook)
    sys.setprofile(hook)
    answer = pd.DataFrame({"enter_long": 0.0}, index=bars.index)
    sys.setprofile(None)
    sys.settrace(None)
    sys.addaudithook(lambda name, given: None)
    return answer
