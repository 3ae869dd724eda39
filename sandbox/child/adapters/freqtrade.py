"""The child half of ``freqtrade``: an unmodified IStrategy file on stand-ins of freqtrade, TA-Lib and technical.

It fills the frame once, delivers signals and what the class says of exits (freqtrade_facts.py), and then answers
questions while a position is wanted or open."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sandbox.child import callbacks, freqtrade_facts, reasons, shim_finder
    from sandbox.child.candidate import Line
else:
    import _mendel_callbacks as callbacks
    import _mendel_freqtrade_facts as freqtrade_facts
    import _mendel_reasons as reasons
    import _mendel_shim_finder as shim_finder

    Line = Any

BEFORE, PAIR, TERM = "before:", "pair:", "term:"
#: Packages that are stand-ins even where the real ones are installed; those that are only where there are none.
REPLACES, ADDS = ("freqtrade",), ("talib", "technical")
_CODES = {
    name: getattr(callbacks, name)
    for name in ("CONFIRM_ENTRY", "LEVERAGE", "STAKE", "STOP", "EXIT", "CONFIRM_EXIT")
}
_METHODS = {
    "CONFIRM_ENTRY": ("confirm_trade_entry",),
    "LEVERAGE": ("leverage",),
    "STAKE": ("custom_stake_amount",),
    "STOP": ("custom_stoploss",),
    "EXIT": ("custom_exit", "custom_sell"),
    "CONFIRM_EXIT": ("confirm_trade_exit",),
}
#: Of these the trusted side knows what happens instead (tools/system/adapters/freqtrade_hooks.py).
_LOST = """adjust_trade_position adjust_entry_price adjust_exit_price adjust_order_price custom_entry_price custom_exit_price
custom_roi order_filled bot_loop_start check_entry_timeout check_exit_timeout protections freqai_info
feature_engineering_standard feature_engineering_expand_all set_freqai_targets position_adjustment_enable use_custom_roi
order_types order_time_in_force unfilledtimeout ignore_buying_expired_candle_after confirm_trade_exit leverage""".split()  # noqa: SIM905
_UNFOLLOWED, _OUTSIDE = "not followed as written: ", "outside of its range: "


def evaluate(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Never asked: the feed is hybrid."""
    raise reasons.Rejection("a freqtrade strategy is asked by the hybrid feed")


def converse(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any], line: Line) -> None:
    """Fill, deliver, answer. Raises Rejection or what the strategy raises."""
    shim_finder.install(REPLACES, ADDS)
    line.hear()
    own, other, others, terms = _sorted(request, columns)
    cls = _strategy_class(request["target"])
    for turn in range(max(1, int(request["repeat"]))):
        first = bool(other) and turn < int(request["repeat"]) - 1
        strategy, filled, pair = _filled(request, cls, time, other if first else own, others)
    line.deliver(_table(strategy, filled, time))
    _tell_unfollowed(strategy)
    line.say(())
    _answer(strategy, filled, pair, line, (time, terms))


def alone(request: Mapping[str, Any], time: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What the class decides with a plain paper account at its side (freqtrade_paper.py), and its stop."""
    shim_finder.install(REPLACES, ADDS)
    own, _, others, _ = _sorted(request, columns)
    strategy, filled, pair = _filled(request, _strategy_class(request["target"]), time, own, others)
    table = _table(strategy, filled, time)
    signals = {name: table[name] for name in freqtrade_facts.SIGNALS}
    terms = {"fee": 0.0, "max_leverage": 1.0, "stoploss": -float(strategy.stoploss)}
    talk = _callbacks(strategy, filled, pair, terms, time)

    def ask(words: dict[str, float]) -> dict[str, float]:
        strategy.dp.show(int(words["bar"]) + 1)
        found: dict[str, float] = talk.answer(list(words.values()), list(words), int(words["asks"]))
        return found

    settings = importlib.import_module("freqtrade.mendel_settings")
    paper = importlib.import_module("_mendel_freqtrade_paper").Paper
    paper(signals, own, time, _asks(strategy, settings), terms["stoploss"], ask).walk()
    entered = (signals["enter_long"] > 0.0) | (signals["enter_short"] > 0.0)
    return signals | {"stop": np.where(entered, min(terms["stoploss"], 0.999), 0.0)}


def _sorted(request: Mapping[str, Any], columns: Mapping[str, Any]) -> tuple[Any, Any, Any, dict[str, float]]:
    """The columns as (own, of the market before, by other symbol, terms)."""
    own: dict[str, Any] = {}
    other: dict[str, Any] = {}
    others: dict[str, dict[str, Any]] = {}
    for name, values in columns.items():
        if name.startswith(BEFORE):
            other[name.removeprefix(BEFORE)] = values
        elif name.startswith(PAIR):
            _, symbol, column = name.split(":", 2)
            others.setdefault(symbol, {})[column] = values
        elif not name.startswith(TERM):
            own[name] = values
    terms = {k.removeprefix(TERM): float(v) for k, v in request["overrides"].items() if k.startswith(TERM)}
    return own, other, others, terms


def _strategy_class(target: str) -> Any:
    root = importlib.import_module("freqtrade.strategy").IStrategy
    name, _, path = target.partition(":")
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise _not_stood_in(error) from error
    found = getattr(module, path, None)
    if not (isinstance(found, type) and issubclass(found, root) and found is not root):
        has = [
            f"{n}{place_of(v)}"
            for n, v in vars(module).items()
            if isinstance(v, type) and issubclass(v, root) and v is not root
        ]
        raise reasons.Rejection(
            f"strategy.target is {target!r}, but {name} has no such IStrategy class (it has {', '.join(has) or 'none'})"
        )
    return found


def _not_stood_in(error: ImportError) -> Exception:
    """What to say of something of freqtrade's that there is no stand-in of."""
    name = error.name or ""
    if name.partition(".")[0] not in REPLACES:
        return error
    told = reasons.describe(error, f"{sys.path[0]}/")
    place = told[told.rindex(" (") :].partition("):")[0].rstrip(")") + ")" if " (" in told else ""
    what = name if isinstance(error, ModuleNotFoundError) else str(error).partition(" (")[0]
    return reasons.Rejection(
        f"{what}{place}: Mendel's stand-in for freqtrade does not have it; leave it out of the strategy, it decides nothing"
    )


@contextlib.contextmanager
def _placed(cls: Any) -> Iterator[None]:
    """What is wrong with what the class says is said with its place."""
    try:
        yield
    except reasons.Rejection:
        raise
    except Exception as error:
        raise reasons.Rejection(f"{cls.__name__}{place_of(cls)}: {error}") from error


def place_of(thing: Any) -> str:
    """ " (file.py:12)" of a class or function of the system; empty where that is not known."""
    try:
        file, line = inspect.getsourcefile(thing) or "", inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return ""
    return f" ({file.removeprefix(f'{sys.path[0]}/')}:{line})"


def _filled(
    request: Mapping[str, Any], cls: Any, time: Any, columns: Mapping[str, Any], others: Mapping[str, Any]
) -> tuple[Any, Any, str]:
    frames = importlib.import_module("freqtrade.mendel_frame")
    helper = importlib.import_module("freqtrade.data.dataprovider")
    pair = pair_of(request["symbol"], bool(cls.can_short))
    strategy = _made(request, cls, pair)
    with _placed(cls):
        _check_timeframe(strategy, time)
    frame = frames.candles(time, columns)
    tables = {symbol: frames.known(frames.candles(time, own)) for symbol, own in others.items()}
    pairs = [pair_of(symbol, bool(cls.can_short)) for symbol in sorted({*tables, helper.symbol_of(pair)})]
    tables[helper.symbol_of(pair)] = frame.copy()
    strategy.dp = helper.DataProvider(tables, pair, strategy.timeframe, pairs)
    strategy.bot_start()
    try:
        filled = frames.fill(strategy, frame, pair)
    except (KeyError, AttributeError) as error:
        raise _without_column(error, columns) from error
    return strategy, filled, pair


def _made(request: Mapping[str, Any], cls: Any, pair: str) -> Any:
    settings = importlib.import_module("freqtrade.mendel_settings")
    quote = pair.partition(":")[0].partition("/")[2]
    futures = bool(cls.can_short)
    config = {
        "stake_currency": quote,
        "dry_run": True,
        "dry_run_wallet": 10_000.0,
        "runmode": "backtest",
        "stake_amount": "unlimited",
        "max_open_trades": 1,
        "trading_mode": "futures" if futures else "spot",
        "margin_mode": "isolated" if futures else "",
        "timeframe": getattr(cls, "timeframe", None) or getattr(cls, "ticker_interval", ""),
        "exchange": {"name": "mendel", "pair_whitelist": [pair]},
    }
    try:
        strategy = cls(config)
    except TypeError as error:
        if "__init__" not in str(error):
            raise
        raise reasons.Rejection(
            f"class {cls.__name__}{place_of(cls)}: {error}: freqtrade gives __init__ the config alone; give the others defaults"
        ) from None
    if not getattr(cls, "timeframe", None) and getattr(cls, "ticker_interval", None):
        strategy.timeframe = cls.ticker_interval
    strategy.wallets = importlib.import_module("freqtrade.mendel_callbacks").Wallets()
    overrides = {k: v for k, v in request["overrides"].items() if not k.startswith(TERM)}
    file = sys.modules[cls.__module__].__file__ or ""
    settings.settle(strategy, overrides, f"{file.removesuffix('.py')}.json")
    return strategy


def _check_timeframe(strategy: Any, time: Any) -> None:
    minutes = importlib.import_module("freqtrade.exchange").timeframe_to_minutes(strategy.timeframe)
    if len(time) < 2:
        return
    has = int(np.median(np.diff(time))) // 60_000_000_000
    if minutes == has:
        return
    wants = f"{type(strategy).__name__}{place_of(type(strategy))} wants candles of {strategy.timeframe}, the data has {has} minutes"
    if minutes > has and minutes % has == 0:
        raise reasons.Rejection(f'{wants}: write [data] timeframe = "{strategy.timeframe}" to have them made')
    raise reasons.Rejection(
        f"{wants}, of which they cannot be made: give data of {strategy.timeframe} or finer"
    )


def _without_column(error: Exception, columns: Mapping[str, Any]) -> Exception:
    """What to say of a name that no table has: KeyError of a dict is the strategy's own."""
    lost = error.args[0] if error.args else None
    if isinstance(error, AttributeError):
        lost = error.name if isinstance(error.obj, pd.DataFrame) else None
    if not isinstance(lost, str) or lost in columns:
        return error
    text = reasons.describe(error, f"{sys.path[0]}/")
    return reasons.Rejection(
        f"{text}: no such column; the candles have date, {', '.join(columns)}; add it to the data or to the indicators"
    )


def pair_of(symbol: str, futures: bool) -> str:
    """TON/USDT (TON/USDT:USDT where shorts are allowed) of TONUSDT."""
    for quote in ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI", "USD", "EUR", "BTC", "ETH", "BNB"):
        base = symbol.removesuffix(quote)
        if base and base != symbol:
            return f"{base}/{quote}" + (f":{quote}" if futures else "")
    return f"{symbol}/USDT" + (":USDT" if futures else "")


def _table(strategy: Any, filled: Any, time: Any) -> dict[str, Any]:
    frames = importlib.import_module("freqtrade.mendel_frame")
    settings = importlib.import_module("freqtrade.mendel_settings")
    signals = frames.signals(filled, freqtrade_facts.SIGNALS, int(strategy.startup_candle_count or 0))
    if not settings.uses_exit_signal(strategy):
        signals |= {name: np.zeros(len(time)) for name in ("exit_long", "exit_short")}
    if not strategy.can_short:
        signals["enter_short"] = np.zeros(len(time))
    facts = np.zeros(len(time) * len(freqtrade_facts.fact_columns(len(time))))
    with _placed(type(strategy)):
        told = settings.facts(strategy, _asks(strategy, settings), freqtrade_facts.ROI_STEPS)
    facts[: len(told)] = told
    runs = facts.reshape(-1, len(time))
    table: dict[str, Any] = signals | dict(zip(freqtrade_facts.fact_columns(len(time)), runs, strict=True))
    return table


def _asks(strategy: Any, settings: Any) -> int:
    overridden = importlib.import_module("freqtrade.mendel_callbacks").overridden
    wanted = 0
    for name, methods in _METHODS.items():
        switched_on = {
            "STOP": bool(strategy.use_custom_stoploss),
            "EXIT": settings.uses_exit_signal(strategy),
        }
        if switched_on.get(name, True) and overridden(strategy, *methods):
            wanted |= _CODES[name]
    return wanted


def _answer(strategy: Any, filled: Any, pair: str, line: Line, told: tuple[Any, dict[str, float]]) -> None:
    time, terms = told
    talk = _callbacks(strategy, filled, pair, {**terms, "stoploss": -float(strategy.stoploss)}, time)
    names, order = callbacks.QUESTION, callbacks.ANSWER
    while (words := line.hear()) is not None:
        strategy.dp.show(int(words[2]) + 1)
        found = talk.answer(words, names, int(words[0]))
        line.say([found.get(name, np.nan) for name in order])


def _tell_unfollowed(strategy: Any) -> None:
    """Into the log: what the class, or one that it inherits from, writes and Mendel does not follow, or not wholly."""
    root = importlib.import_module("freqtrade.strategy").IStrategy
    lines = [cls for cls in type(strategy).__mro__ if cls is not root and issubclass(cls, root)]
    for name in _LOST:
        written = next((vars(cls)[name] for cls in lines if name in vars(cls)), None)
        if isinstance(written, property):
            written = written.fget
        if written:
            sys.stdout.write(f"{_UNFOLLOWED}{name}\n")
    for name, parameter in strategy.parameters().items():
        if not getattr(strategy, name).fits():
            sys.stdout.write(f"{_OUTSIDE}{type(parameter).__name__} {name}\n")


def _callbacks(strategy: Any, filled: Any, pair: str, terms: Mapping[str, float], time: Any) -> Any:
    strategy.dp.publish(filled)
    tag = importlib.import_module("freqtrade.mendel_frame").tags(filled, "enter_tag")
    talk = importlib.import_module("freqtrade.mendel_callbacks").Callbacks(strategy, pair, tag, _CODES, terms)
    talk.time = time
    return talk
