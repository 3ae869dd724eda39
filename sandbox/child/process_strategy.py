"""Finds what is called at every bar: a function, or a class that is made once."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child.reasons import Rejection
else:
    from _mendel_reasons import Rejection


def strategy_of(setup: Any) -> tuple[Callable[[Any, Any], Any], str]:
    """What is called with (dataset, portfolio state), and "file.py:line" of it. ``setup`` has target, params, overrides and
    the system's root. Raises Rejection for what cannot be called."""
    signals: Any = sys.modules["_mendel_adapter_signals"]
    target = signals.resolve(setup.target, "strategy.target")
    params = signals.build_params(setup.params, setup.overrides)
    named = setup.params is not None
    if isinstance(target, type):
        target = _made(target, params, named, signals.positional, setup.root)
        named = False
    method = target if inspect.isroutine(target) else getattr(target, "process", None)
    if not callable(method):
        kind = f"class {type(target).__name__}" if not inspect.isroutine(target) else setup.target
        raise Rejection(f"{setup.target}: {kind} has no method process(dataset, portfolio_state)")
    required, most = signals.positional(method)
    wants = 3 if named and most >= 3 else 2 if most >= 2 else 1
    if required > wants:
        more = (
            "set strategy.params in mendel.toml"
            if required == 3 and not named
            else "wanted (dataset, portfolio_state)"
        )
        raise Rejection(f"{setup.target}: process takes {required} arguments: {more}")
    call: dict[int, Callable[[Any, Any], Any]] = {
        1: lambda dataset, state: method(dataset),
        2: method,
        3: lambda dataset, state: method(dataset, state, params),
    }
    return call[wants], _where(method, setup.root)


def _made(
    target: type, params: Any, named: bool, positional: Callable[[Any], tuple[int, float]], root: str
) -> Any:
    """A class is made once, with the settings if it takes them."""
    required, most = positional(target)
    if required > (1 if named else 0):
        more = (
            f"gives __init__ the settings alone; give the other {required - 1} defaults"
            if named
            else ("set strategy.params in mendel.toml, or give them defaults")
        )
        where = _where(inspect.getattr_static(target, "__init__"), root)
        place = f" ({where})" if ".py:" in where else ""  # a dataclass has an __init__ that nobody wrote
        raise Rejection(
            f"class {target.__name__}: __init__ needs {required} argument{'s'[: required > 1]}: {more}{place}"
        )
    return target(params) if named and most >= 1 else target()


def _where(method: Any, root: str) -> str:
    code = getattr(inspect.unwrap(getattr(method, "__func__", method)), "__code__", None)
    return f"{code.co_filename.removeprefix(root)}:{code.co_firstlineno}" if code else "process"
