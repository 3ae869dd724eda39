"""Imported at the start of each Python program of a job whose clock stands still: every one of them reads this time.

``time.time`` and its kin, ``datetime``'s and pandas' ``now`` and ``today`` are answered from JOB_CLOCK_NS (ns UTC);
``monotonic`` and ``perf_counter`` go on, since waiting needs them. What is not Python, and Python started with ``-I``,
``-E`` or ``-S``, sees the real clock. Standard library only; nothing happens where the variable is missing."""

from __future__ import annotations

import datetime as dates
import importlib.abc
import importlib.machinery
import os
import sys
import time
from typing import Any


def freeze(now_ns: int) -> None:
    """Replace every clock that Python reads, from now on."""
    seconds = now_ns / 1e9
    real = {name: getattr(time, name) for name in ("localtime", "gmtime", "ctime", "strftime", "asctime")}
    time.time = lambda: seconds
    time.time_ns = lambda: now_ns
    time.localtime = lambda at=None: real["localtime"](seconds if at is None else at)
    time.gmtime = lambda at=None: real["gmtime"](seconds if at is None else at)
    time.ctime = lambda at=None: real["ctime"](seconds if at is None else at)
    time.asctime = lambda at=None: real["asctime"](time.localtime() if at is None else at)
    time.strftime = lambda form, at=None: real["strftime"](form, time.localtime() if at is None else at)
    true = {"datetime": dates.datetime, "date": dates.date}
    frozen = dict(zip(true, _classes(seconds, dates.datetime, dates.date)))  # noqa: B905 - runs on 3.9, too
    vars(dates).update(frozen)
    _spare_compiled_modules(true, frozen)
    sys.meta_path.insert(0, _PandasLater(seconds))


def _spare_compiled_modules(true: dict[str, Any], frozen: dict[str, Any]) -> None:
    """A compiled module that takes datetime's classes for itself must find the true ones: it relies on their
    layout."""
    loader = importlib.machinery.ExtensionFileLoader

    def sparing(method: Any) -> Any:
        def call(self: Any, argument: Any) -> Any:
            vars(dates).update(true)
            try:
                return method(self, argument)
            finally:
                vars(dates).update(frozen)

        return call

    for name in ("create_module", "exec_module"):
        setattr(loader, name, sparing(getattr(loader, name)))


def _classes(seconds: float, true_datetime: Any, true_date: Any) -> tuple[type, type]:

    class _SameDateTime(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, true_datetime)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, true_datetime)

    class _SameDate(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, true_date)

        def __subclasscheck__(cls, other: type) -> bool:
            return issubclass(other, true_date)

    class datetime(true_datetime, metaclass=_SameDateTime):  # type: ignore[misc]  # noqa: N801
        __slots__ = ()

        @classmethod
        def now(cls, tz: dates.tzinfo | None = None) -> Any:
            return true_datetime.fromtimestamp(seconds, tz)

        @classmethod
        def utcnow(cls) -> Any:
            return true_datetime.fromtimestamp(seconds, dates.timezone.utc).replace(tzinfo=None)  # noqa: UP017

        @classmethod
        def today(cls) -> Any:
            return true_datetime.fromtimestamp(seconds)

    class date(true_date, metaclass=_SameDate):  # type: ignore[misc]  # noqa: N801
        __slots__ = ()

        @classmethod
        def today(cls) -> Any:
            return true_date.fromtimestamp(seconds)

    return datetime, date


class _PandasLater(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """pandas reads the clock in C: its own ``now`` is replaced when it has been imported."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loader: Any = None

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != "pandas" or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        seconds, stamp = self._seconds, module.Timestamp
        stamp.now = classmethod(lambda cls, tz=None: cls.fromtimestamp(seconds, tz))
        stamp.today = classmethod(lambda cls, tz=None: cls.fromtimestamp(seconds, tz))
        stamp.utcnow = classmethod(lambda cls: cls.fromtimestamp(seconds, "UTC"))


if "JOB_CLOCK_NS" in os.environ:
    freeze(int(os.environ["JOB_CLOCK_NS"]))
