"""Source, patterns and documents that are nested until the parser's stack is gone, at run time.

Each is an exception or the end of this process alone. Ends: ok or crashed."""

import ctypes
import os

import numpy as np
import pandas as pd

import ast
import json
import re


def attack():
    deep = 100_000
    for name, act in {
        "brackets": lambda: compile("(" * deep + ")" * deep, "x", "eval"),
        "signs": lambda: ast.literal_eval("-" * deep + "1"),
        "json": lambda: json.loads("[" * deep),
        "pattern": lambda: re.compile("(?:" * deep + ")" * deep),
        "null": lambda: compile("x = 1\0", "x", "exec"),
        "wide": lambda: eval("+".join(["1"] * 30_000)),
        "digits": lambda: int("9" * 50_000),
    }.items():
        try:
            act()
        except (RecursionError, MemoryError, SyntaxError, ValueError) as error:
            print(name, type(error).__name__)
    nested = compile("x", "x", "eval", ast.PyCF_ONLY_AST)
    for _ in range(deep):
        nested.body = ast.UnaryOp(ast.USub(), nested.body)
    compile(ast.fix_missing_locations(nested), "x", "eval")


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
