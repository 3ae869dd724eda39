"""Saved by an editor that writes a mark in front, with line ends of Windows."""


def signals(bars):
    return [0.5] * len(bars["close"])
