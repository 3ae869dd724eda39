"""A chain of 3,000 exceptions that ends in its own beginning, around groups 2,000 deep.

It must end in one line. Ends: rejected or crashed."""

class Loud(Exception):
    def __repr__(self):
        raise MemoryError

    def __str__(self):
        return "\x1b]0;x\x07" * 1000


def decide(bars):
    group = ExceptionGroup("g", [Loud()])
    for _ in range(2_000):
        group = ExceptionGroup("g" * 10, [group])
    first = last = Loud()
    for _ in range(3_000):
        last.__context__ = following = Loud()
        last = following
    last.__cause__ = first
    group.__cause__ = first
    raise group
