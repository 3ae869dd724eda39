# -*- coding: latin-1 -*-
"""Declares an old encoding and needs none of it."""


def signals(bars):
    return bars["close"] * 0 + 0.25
