"""A reason that would write to the terminal or run on for ever."""

class Loud(Exception):
    def __str__(self):
        return "\x1b]0;pwned\x07\x1b[2J\u202e" + "A" * 1_000_000


def decide(bars):
    raise Loud
