"""The child half of ``backtesting``: an unmodified Strategy class on a stand-in of backtesting.py.

All bars are known while ``init`` declares its indicators; then ``next`` is asked at every bar's close, told by the host how
the account stands, and what it ordered goes back as one row of decisions."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child import reasons, shim_finder
    from sandbox.child.candidate import Line
    from sandbox.child.process_words import NOTE
else:
    import _mendel_reasons as reasons
    import _mendel_shim_finder as shim_finder
    from _mendel_process_words import NOTE

    Line = Any

TERM = "term:"
#: Packages that are stand-ins even where the real ones are installed; those that are only where there are none.
REPLACES, ADDS = ("backtesting",), ("talib",)
_PRICES = ("open", "high", "low", "close", "volume")
_PLAIN = (bool, int, float, str)
_NOTES_BYTES = 4096
#: What a strategy is told of an account that does not trade, in the turns before the one that counts.
_FLAT_EQUITY = 10_000.0


def evaluate(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Never asked: the feed is hybrid."""
    raise reasons.Rejection("a backtesting strategy is asked by the hybrid feed")


def converse(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any], line: Line) -> None:
    """Ask about every bar that the host tells of. Raises Rejection or what the strategy raises."""
    shim_finder.install(REPLACES, ADDS)
    script = importlib.import_module("backtesting.mendel_module").Script(request["target"].partition(":")[0])
    spare = getattr(sys.stdout, "set_aside", None)
    if spare is not None:
        spare(_NOTES_BYTES)
    notes = script.lines()
    try:
        cls = _strategy_class(request["target"], script.module)
        notes += _play(request, cls, time, columns, line).notes.lines()
    except NameError as error:
        why = script.why_unset(error)
        if not why:
            raise
        raise reasons.Rejection(reasons.describe(error, f"{sys.path[0]}/") + why) from error
    finally:
        if spare is not None:
            spare(-_NOTES_BYTES)
        for text in notes:
            sys.stdout.write(f"\n{NOTE}{text}\n")  # what it printed may have been cut within a line


def alone(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What the strategy decides with a plain paper account at its side (backtesting_paper.py)."""
    shim_finder.install(REPLACES, ADDS)
    cls = _strategy_class(request["target"], _remembered(request["target"].partition(":")[0]))
    play, _ = _made({**request, "home": os.getcwd()}, cls, time, columns)  # noqa: PTH109
    paper = importlib.import_module("_mendel_backtesting_paper").Paper(columns, len(time))
    paper.walk(play.bar)
    table: dict[str, Any] = paper.table
    return table


def _remembered(name: str) -> Any:
    """The module as an earlier call has left it; else anew."""
    if name in sys.modules:
        return sys.modules[name]
    try:
        return importlib.import_module("backtesting.mendel_module").Script(name).module
    except BaseException:
        sys.modules.pop(name, None)
        raise


def _play(request: Mapping[str, Any], cls: Any, time: Any, columns: Mapping[str, Any], line: Line) -> Any:
    """Holds the conversation; the broker as it ended. While nothing is held and nothing ordered, the account stands still:
    then the next bars are asked here, and the answer is about the first at which something is."""
    names, last = tuple(request["portfolio"]), len(time) - 1
    for _ in range(int(request["repeat"]) - 1):
        _rehearse(_made(request, cls, time, columns)[0], len(time), names)
    play, broker = _made(request, cls, time, columns)
    tracer, ask, idle = _tracer(request), play.bar, play.IDLE
    while (words := line.hear()) is not None:
        bar = tracer.at = int(words[0])
        told = dict(zip(names, words[2:], strict=True))
        row = ask(bar, told)
        while row is idle and bar < last and not told["quantity"]:
            bar = tracer.at = bar + 1
            row = ask(bar, told)
        line.say((float(bar), *row))
    return broker


def _tracer(request: Mapping[str, Any]) -> Any:
    """What records outcomes by bar: it is told at which bar the strategy stands."""
    trace = request["trace"]
    if trace is None or not trace.get("by_bar"):
        return SimpleNamespace()
    return sys.modules["_mendel_trace"].compare.__self__


def _rehearse(play: Any, bars: int, names: tuple[str, ...]) -> None:
    """A whole run without a fill: what it leaves behind in the process shows in the run that counts."""
    told = dict.fromkeys(names, 0.0) | {"equity": _FLAT_EQUITY, "free": _FLAT_EQUITY}
    for bar in range(bars):
        play.bar(bar, told)


def _strategy_class(target: str, module: Any) -> Any:
    root = importlib.import_module("backtesting").Strategy
    name, _, path = target.partition(":")
    found: Any = getattr(module, path, None)
    if not (isinstance(found, type) and issubclass(found, root) and found is not root):
        has = importlib.import_module("backtesting.mendel_module").subclasses(module, root)
        raise reasons.Rejection(
            f"strategy.target is {target!r}, but {name} has no such Strategy class (it has {', '.join(has) or 'none'})"
        )
    asked: Any = found
    if asked.next is root.next:
        raise reasons.Rejection(
            f"class {path} has no next(): write one, it is asked at every bar ({_place(found)})"
        )
    return found


def _place(cls: Any) -> str:
    file = getattr(sys.modules[cls.__module__], "__file__", None) or "?"
    line = getattr(cls, "__firstlineno__", None) or min(
        (v.__code__.co_firstlineno for v in vars(cls).values() if hasattr(v, "__code__")), default=0
    )
    return file.removeprefix(f"{sys.path[0]}/") + (f":{line}" if line else "")


def _made(request: Mapping[str, Any], cls: Any, time: Any, columns: Mapping[str, Any]) -> tuple[Any, Any]:
    """(the strategy with its indicators declared, its broker)."""
    import pandas as pd

    data = importlib.import_module("backtesting.mendel_data").Data(
        {name.capitalize() if name in _PRICES else name: values for name, values in columns.items()},
        pd.DatetimeIndex(time.view("datetime64[ns]")),
    )
    broker = _broker(request, cls, data)
    params = _params(cls, {k: v for k, v in request["overrides"].items() if not k.startswith(TERM)})
    try:
        strategy = cls(broker, data, params)
    except TypeError as error:
        if "__init__" not in str(error):
            raise
        raise reasons.Rejection(
            f"class {cls.__name__}: {error} ({_place(cls)}): backtesting.py gives __init__ (broker, data, params) alone; "
            "make the settings class variables"
        ) from None
    return importlib.import_module("backtesting.mendel_play").Play(strategy, broker), broker


def _params(cls: Any, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides in the kinds of the class variables. Raises Rejection for one that is unknown or of another kind."""
    root = importlib.import_module("backtesting").Strategy
    known = {
        name: value
        for base in reversed(cls.__mro__)
        if issubclass(base, root) and base is not root
        for name, value in vars(base).items()
        if not name.startswith("_") and (value is None or isinstance(value, _PLAIN))
    }
    return {name: _taken(cls, known, name, value) for name, value in overrides.items()}


def _taken(cls: Any, known: Mapping[str, Any], name: str, value: Any) -> Any:
    if name not in known:
        has = ", ".join(known) or "none: write them as class variables, such as n = 20"
        raise reasons.Rejection(
            f"class {cls.__name__} has no parameter {name!r}: it has {has} ({_place(cls)})"
        )
    own = known[name]
    if own is None or isinstance(value, type(own)):
        return value
    if isinstance(own, float) and isinstance(value, int):
        return float(value)
    if isinstance(own, (bool, int)) and isinstance(value, (int, float)) and float(value).is_integer():
        return type(own)(value)
    raise reasons.Rejection(
        f"parameter {name} of class {cls.__name__} is {own!r}: it takes a {type(own).__name__}, not {value!r} ({_place(cls)})"
    )


def _broker(request: Mapping[str, Any], cls: Any, data: Any) -> Any:
    """The broker, by what the source says to the Backtest of this class."""
    home = request.get("home", sys.path[0])
    file = getattr(sys.modules[cls.__module__], "__file__", None)
    said = importlib.import_module("backtesting.mendel_script").said_for(cls.__name__, file, home)
    terms = {k.removeprefix(TERM): float(v) for k, v in request["overrides"].items() if k.startswith(TERM)}
    cash = said.values.get("cash")
    made = importlib.import_module("backtesting.mendel_plan").Terms(
        cash=float(cash) if isinstance(cash, (int, float)) and cash > 0 else _FLAT_EQUITY,
        exclusive=said.values.get("exclusive_orders") is True,
        hedging=said.values.get("hedging") is True,
        **terms,
    )
    broker = importlib.import_module("backtesting.mendel_broker").Broker(data, made)
    for word, heard in (
        ("close", said.values.get("trade_on_close")),
        ("margin", said.values.get("margin", 1) != 1),
        ("fees", said.values.get("commission") or said.values.get("spread")),
        ("unread", said.unread),
    ):
        if heard:
            broker.notes.add(word, said.place)
    return broker
