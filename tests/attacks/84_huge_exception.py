"""An exception whose text, name and arguments have 60 MB.

The reason must be short. Ends: rejected or crashed."""

def decide(bars):
    raise type("E" * 20_000_000, (Exception,), {"__str__": lambda self: "A" * 20_000_000})(["B" * 20_000_000])
