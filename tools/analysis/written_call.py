"""How a written test calls the strategy: the source of ``decide(frame, **settings)`` and ``forget()``, by kind.

A function, or a class with such a method, needs nothing but itself. A class of a framework is run by its adapter's child half, which is written beside the test
(``support_files``): neither Mendel nor the package that the class was written for has to be installed."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from string import Template

import sandbox.child
from tools.system.sections import StrategySection

#: Folder of the child half, beside the tests.
SUPPORT = "mendel_inside"
#: Kinds whose child half can decide in a test's own process (``alone`` in sandbox/child/adapters/KIND.py).
INSIDE = frozenset({"backtesting", "freqtrade", "process"})
#: Adapters of other kinds that a kind's child half calls.
_ALSO = {"process": ("signals",)}
#: Files named after another kind that it reads.
_SHARED = {"backtesting": ("process_words",)}
_CHILD = Path(sandbox.child.__file__).parent
_OURS = ("__init__", "inside", "reasons", "stubs", "callbacks", "shim_finder")

PLAIN_IMPORTS = """import copy
from functools import reduce
from importlib import import_module
from inspect import Parameter, isclass, signature
"""
_PLAIN = Template('''def load(name):
    module, _, path = name.partition(":")
    return reduce(getattr, path.split("."), import_module(module))


def chosen(name, settings):
    found = load(name)
    if callable(found):
        return found(**settings)
    if isinstance(found, dict):
        return {**found, **settings}
    changed = copy.copy(found)
    for key, value in settings.items():
        setattr(changed, key, value)
    return changed


def forget():
    """Drop the system's modules: what they remember of an earlier call belongs to another finding."""
    here = str(Path.cwd())
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(here) and name != __name__:
            del sys.modules[name]


def room(function):
    """How many arguments it takes by position."""
    try:
        kinds = [p.kind for p in signature(function).parameters.values()]
    except (TypeError, ValueError):
        return 2
    return 99 if Parameter.VAR_POSITIONAL in kinds else sum(k <= Parameter.POSITIONAL_OR_KEYWORD for k in kinds)


def decide(frame, **settings):
$forget    target, arguments = load($target), [$parameters]
    if isclass(target):
        made = target(*arguments[: room(target)])
        target = next(m for n in ("signals", "generate", "__call__") if callable(m := getattr(made, n, None)))
    return target(frame.copy(), *arguments[: room(target) - 1])
''')
INSIDE_IMPORTS = """import pytest
"""
_INSIDE = Template('''sys.path.append(str(Path(__file__).parent))
inside = pytest.importorskip("mendel_inside.inside", reason="the folder mendel_inside belongs beside this test: copy it, too")


def forget():
    """Drop the system's modules: what they remember of an earlier call belongs to another finding."""
    inside.forget()


def decide(frame, **settings):
$forget    return inside.decide($kind, $target, frame, params=$params, settings=$settings, stubs=$stubs)
''')


def call_source(strategy: StrategySection, stubs: tuple[str, ...], *, forget: bool) -> tuple[str, str] | None:
    """(imports, source) for a strategy of this kind; None where no test can call it by itself. ``forget``: every call
    starts from modules that remember nothing."""
    first = "    forget()\n" if forget else ""
    if strategy.dataset is not None or strategy.symbols != "each":
        return None  # what the bot is shown is not made of the test's bars alone
    if strategy.kind in INSIDE:
        base = f'{{"process:window": {strategy.window}, **settings}}'
        source = _INSIDE.substitute(
            forget=first,
            kind=json.dumps(strategy.kind),
            target=json.dumps(strategy.target),
            params=repr(strategy.params),
            settings=base if strategy.kind == "process" else "settings",
            stubs=json.dumps(list(stubs)),
        )
        return INSIDE_IMPORTS, source
    if strategy.kind != "signals":
        return None
    parameters = f"chosen({json.dumps(strategy.params)}, settings)" if strategy.params else ""
    return PLAIN_IMPORTS, _PLAIN.substitute(
        forget=first, target=json.dumps(strategy.target), parameters=parameters
    )


def support_files(kind: str) -> dict[str, str]:
    """Relative path -> text of what lies beside the tests of this kind; {} where they need nothing."""
    return _child_half(kind) if kind in INSIDE else {}


@lru_cache(maxsize=8)
def _child_half(kind: str) -> dict[str, str]:
    files = [_CHILD / f"{name}.py" for name in _OURS]
    files += [_CHILD / f"{name}.py" for name in _SHARED.get(kind, ())]
    files += sorted(_CHILD.glob(f"{kind}_*.py"))
    files += sorted((_CHILD / "adapters").glob(f"{kind}*.py"))
    files += [_CHILD / "adapters" / f"{name}.py" for name in _ALSO.get(kind, ())]
    files += sorted((_CHILD / "shims").rglob("*.py"))
    return {f"{SUPPORT}/{f.relative_to(_CHILD).as_posix()}": f.read_text(encoding="utf-8") for f in files}
