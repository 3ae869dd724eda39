"""Inert stand-ins for modules that a system imports but must not use here (brokers, notifiers, exchanges)."""

from __future__ import annotations

import importlib.machinery
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

_MOST_CALLS = 10_000
#: The calls that were made on stand-ins: (dotted name, number of arguments). For the curious, capped.
calls: list[tuple[str, int]] = []


class Inert:
    """Anything at all: can be called, iterated, entered, subclassed; is empty, false and zero."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert(f"{self._name}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(calls) < _MOST_CALLS:
            calls.append((self._name, len(args) + len(kwargs)))
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # used as a decorator
        return Inert(f"{self._name}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return ()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __float__(self) -> float:
        return 0.0

    def __int__(self) -> int:
        return 0

    def __getitem__(self, key: Any) -> Inert:
        return Inert(f"{self._name}[]")

    def __contains__(self, item: Any) -> bool:
        return False

    def __enter__(self) -> Inert:
        return self

    def __exit__(self, *error: Any) -> None:
        return None


class InertModule(types.ModuleType):
    """A module whose every attribute is Inert."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert(f"{self.__name__}.{name}")


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
    name stay real where they exist."""
    if not names:
        return
    parents = {".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 1)}
    first: Any = _Finder(frozenset(names), below=True)
    last: Any = _Finder(frozenset(parents), below=False)
    sys.meta_path.insert(0, first)
    sys.meta_path.append(last)
    for name in names:
        sys.modules.pop(name, None)
