"""An exception whose class has no name that can be read, and whose text fails with another of the same class.

The host gets a reason of its own. Ends: rejected or crashed."""

class Meta(type):
    @property
    def __name__(cls):
        raise cls

    def __repr__(cls):
        raise cls

    def __getattribute__(cls, name):
        if name in ("__name__", "__qualname__", "__module__"):
            raise BaseException("\x1b[2J")
        return super().__getattribute__(name)


class Strange(BaseException, metaclass=Meta):
    def __str__(self):
        raise self

    __repr__ = __format__ = __str__

    @property
    def __traceback__(self):
        raise Strange


def decide(bars):
    raise Strange
