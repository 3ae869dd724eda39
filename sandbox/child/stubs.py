"""Inert stand-ins for modules that a system imports but must not use here (brokers, databases, notifiers, exchanges).

Everything of such a module can be called, compared, iterated, awaited and subclassed. It is empty, false and zero; what is
named like an exception is one. Calls are counted by name. Runs on any Python from 3.9 with the standard library alone."""

from __future__ import annotations

import importlib.machinery
import json
import operator
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dis import opmap
from typing import Any

_MOST_NAMES = 200
_LONGEST_NAME = 120
#: A loop that asks a stand-in this often waits for something that never comes. Strategies that ask at every bar ask less.
_MOST_LOOKS = 1_000_000
_EXCEPTION = re.compile(
    r"[A-Z]\w*(?:Error|Exception|Warning|Timeout|TimedOut|Exceeded|Available|Unavailable|Failed|Failure|Denied|NotFound"
    r"|DoesNotExist|Protection|RetryAfter|Interrupt|Forbidden|Unauthorized|Conflict|Maintenance|Refused)\Z"
)
_EXCEPTION_PLACES = frozenset(("exceptions", "errors", "error", "exception", "exc"))
#: What is true of a stand-in, or a loop would wait for it forever.
_ALIVE = frozenset(
    "ping is_connected connected is_ready ready is_alive healthy is_healthy is_open connect login".split()  # noqa: SIM905
)
_FRAMES = frozenset(("to_dataframe", "to_pandas", "query_data_frame", "fetch_df", "fetchdf"))
#: An answer looks like an empty table to whoever asks it that.
_TABLE = {"ndim": 1, "shape": (0,), "empty": True}
#: Calls that take a function without being its decorator.
_TAKERS = frozenset(("submit", "apply_async", "add_job", "add_handler", "run", "start", "Thread", "Process"))

#: Dotted name -> how often it was called. Capped in names.
calls: dict[str, int] = {}
_looks: dict[str, int] = {}
_exceptions: dict[str, type] = {}


class StubWaitsError(RuntimeError):
    """A loop asks a stand-in again and again."""


class StubError(Exception):
    """What the exceptions of a stand-in module derive from. Nobody but the system raises them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args)

    def __getattr__(self, name: str) -> Any:
        return _attribute(type(self).__name__, name)


class InertBase:
    """What a class of the system inherits from when its base is a stand-in: takes any arguments, has any attribute."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__.update(kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    def __getattr__(self, name: str) -> Any:
        return _attribute(type(self).__name__, name)


def _tell_nobody() -> None:
    return None


#: Called when the counts have changed much: whoever wants to know them even if the process is killed sets it.
tell: Callable[[], None] = _tell_nobody


def counted() -> str:
    """The most frequent calls, a line each: ``redis.Redis.get 12``."""
    most = sorted(calls.items(), key=lambda item: (-item[1], item[0]))[:24]
    return "\n".join(f"{name} {count}" for name, count in most)


def _count(name: str) -> None:
    name = name.replace("()", "").replace("[]", "")
    count = calls.get(name, 0) + 1
    if count == 1 and len(calls) >= _MOST_NAMES:
        return
    calls[name] = count
    if count & (count - 1) == 0:
        tell()


def _attribute(owner: str, name: str) -> Any:
    """What ``owner.name`` is: an exception class where it is named like one, else a stand-in."""
    if name.startswith("__"):
        raise AttributeError(name)
    place = owner.rpartition(".")[2]
    if _EXCEPTION.match(name) or (place in _EXCEPTION_PLACES and name[:1].isupper()):
        dotted = f"{owner}.{name}"
        if dotted not in _exceptions:
            _exceptions[dotted] = type(name, (StubError,), {"__module__": owner})
        return _exceptions[dotted]
    return _TABLE[name] if name in _TABLE else Inert(f"{owner}.{name}")


class Inert:
    """Anything at all: can be called, iterated, entered, awaited, subclassed; is empty, false and zero."""

    #: pandas leaves arithmetics with a Series to us.
    __pandas_priority__ = 10_000

    def __init__(self, name: str) -> None:
        self._name = name[:_LONGEST_NAME]

    def __getattr__(self, name: str) -> Any:
        return _attribute(self.__dict__.get("_name", "stub"), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _count(self._name)
        last = self._name.rpartition(".")[2]
        if len(args) == 1 and not kwargs and isinstance(args[0], _DECORATED) and last not in _TAKERS:
            return args[0]  # used as a decorator
        if len(args) == 3 and isinstance(args[2], dict) and "__qualname__" in args[2]:
            return type(*args)  # used as a metaclass
        if last in _FRAMES and "pandas" in sys.modules:
            return sys.modules["pandas"].DataFrame()
        return Inert(f"{self._name}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        first = next(base for base in bases if isinstance(base, Inert))
        has = any(isinstance(base, type) and issubclass(base, InertBase) for base in bases)
        return () if has or first is not self else (InertBase,)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, Inert) and instance._name == f"{self._name}()"

    def __subclasscheck__(self, other: type) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter([Inert(f"{self._name}[]")] * _unpacked(sys._getframe(1)))

    def __next__(self) -> Any:
        raise StopIteration

    def __reversed__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        self._look()
        return self._name.replace("()", "").rpartition(".")[2] in _ALIVE

    def _look(self) -> None:
        looks = _looks[self._name] = _looks.get(self._name, 0) + 1
        if looks > _MOST_LOOKS:
            name = self._name.replace("()", "")
            raise StubWaitsError(
                f"{name} was looked at {_MOST_LOOKS:,} times: a loop waits for a stub, which never changes; leave that "
                "loop out when the module is imported or bars are decided on"
            )

    def __float__(self) -> float:
        return 0.0

    def __int__(self) -> int:
        return 0

    __index__ = __trunc__ = __floor__ = __ceil__ = __int__

    def __complex__(self) -> complex:
        return 0j

    def __round__(self, digits: Any = None) -> Any:
        return 0 if digits is None else 0.0

    __neg__ = __pos__ = __abs__ = __float__

    def __invert__(self) -> int:
        return -1

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"<stub {self._name}>"

    def __format__(self, spec: str) -> str:
        try:
            return format(0.0, spec) if spec else ""
        except ValueError:
            return format("", spec)

    def __bytes__(self) -> bytes:
        return b""

    def __hash__(self) -> int:
        return 0  # it equals 0

    def __eq__(self, other: object) -> Any:
        self._look()
        if isinstance(other, Inert):
            return self._name == other._name
        return False if other is None or isinstance(other, str) else _try(operator.eq, 0.0, other, False)

    def __ne__(self, other: object) -> Any:
        same = self.__eq__(other)
        return not same if isinstance(same, bool) else ~same

    def __getitem__(self, key: Any) -> Inert:
        return Inert(f"{self._name}[]")

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __delitem__(self, key: Any) -> None:
        return None

    def __contains__(self, item: Any) -> bool:
        return False

    def __enter__(self) -> Inert:
        return self

    def __exit__(self, *error: Any) -> None:
        return None

    def __await__(self) -> Any:
        yield from ()
        return self

    async def __aenter__(self) -> Inert:
        return self

    async def __aexit__(self, *error: Any) -> None:
        return None

    def __aiter__(self) -> Inert:
        return self

    async def __anext__(self) -> Any:
        raise StopAsyncIteration

    def __reduce__(self) -> Any:
        return Inert, (self._name,)

    def __copy__(self) -> Inert:
        return self

    def __deepcopy__(self, memo: Any) -> Inert:
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [0.0 if isinstance(value, Inert) else value for value in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)


_DECORATED = (types.FunctionType, type, staticmethod, classmethod, property)


def _try(function: Callable[[Any, Any], Any], left: Any, right: Any, otherwise: Any) -> Any:
    try:
        return function(left, right)
    except (TypeError, ValueError, ArithmeticError):
        return otherwise


def _unpacked(frame: types.FrameType) -> int:
    """How many values the caller is about to unpack (``figure, axes = stub()``), 0 where it iterates."""
    code, at = frame.f_code.co_code, frame.f_lasti
    if at < 0 or code[at] not in (opmap["UNPACK_SEQUENCE"], opmap["UNPACK_EX"]):
        return 0
    return code[at + 1]


def _arithmetic(name: str, zero: Any, swapped: bool) -> Callable[[Inert, Any], Any]:
    function = getattr(operator, name)

    def method(self: Inert, other: Any) -> Any:
        if isinstance(other, Inert):
            return Inert(self._name)
        if isinstance(other, (str, bytes, list, tuple, dict, set)):
            return other
        left, right = (other, zero) if swapped else (zero, other)
        return _try(function, left, right, Inert(self._name))

    return method


def _compared(name: str) -> Callable[[Inert, Any], Any]:
    function = getattr(operator, name)

    def method(self: Inert, other: Any) -> Any:
        self._look()
        return _try(function, 0.0, 0.0 if isinstance(other, Inert) else other, False)

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Inert, f"__{_name}__", _arithmetic(_name, 0.0, False))
    setattr(Inert, f"__r{_name}__", _arithmetic(_name, 0.0, True))
for _name in ("and_", "or_", "xor", "lshift", "rshift"):
    setattr(Inert, f"__{_name.strip('_')}__", _arithmetic(_name, 0, False))
    setattr(Inert, f"__r{_name.strip('_')}__", _arithmetic(_name, 0, True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Inert, f"__{_name}__", _compared(_name))


class InertModule(types.ModuleType):
    """A module whose every attribute is a stand-in."""

    __version__ = "999.0"

    def __getattr__(self, name: str) -> Any:
        return _attribute(self.__name__, name)


class _Loader:
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return InertModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


class _Finder:
    """Answers for the names of ``exact`` and, where ``below``, for everything under them."""

    def __init__(self, exact: frozenset[str], below: bool) -> None:
        self._exact, self._below = exact, below

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        inside = self._below and any(name.startswith(stub + ".") for stub in self._exact)
        if name not in self._exact and not inside:
            return None
        loader: Any = _Loader()
        return importlib.machinery.ModuleSpec(name, loader, is_package=True)


def install(names: Sequence[str]) -> None:
    """From now on importing ``names`` (and what lies below them) gives stand-ins. The parents of a dotted
    name stay real where they exist. ``json.loads`` of a stand-in's answer is a stand-in."""
    if not names:
        return
    parents = {".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 1)}
    first: Any = _Finder(frozenset(names), below=True)
    last: Any = _Finder(frozenset(parents), below=False)
    sys.meta_path.insert(0, first)
    sys.meta_path.append(last)
    for loaded in list(sys.modules):
        if any(loaded == name or loaded.startswith(name + ".") for name in names):
            del sys.modules[loaded]
    json.loads = _passing(json.loads)
    json.load = _passing(json.load)


def _passing(function: Callable[..., Any]) -> Callable[..., Any]:
    def read(value: Any, *args: Any, **kwargs: Any) -> Any:
        return Inert("json") if isinstance(value, Inert) else function(value, *args, **kwargs)

    return read
