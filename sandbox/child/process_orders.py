"""Turns the orders of a bar into words. Nothing is repaired: an order that makes no sense is one clear line."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child.process_answers import Place, kind_of
    from sandbox.child.process_words import LEAVE, LEAVE_LONG, LEAVE_SHORT, NO_ORDER, ORDER, REDUCE, STAY
else:
    from _mendel_process_answers import Place, kind_of
    from _mendel_process_words import LEAVE, LEAVE_LONG, LEAVE_SHORT, NO_ORDER, ORDER, REDUCE, STAY

SIDES = {"buy": 1.0, "bid": 1.0, "sell": -1.0, "ask": -1.0, "long": 2.0, "enter_long": 2.0, "open_long": 2.0,
         "short": -2.0, "enter_short": -2.0, "open_short": -2.0}  # fmt: skip
EXITS = {"exit": LEAVE, "close": LEAVE, "flat": LEAVE, "exit_all": LEAVE, "close_all": LEAVE, "close_position": LEAVE,
         "exit_long": LEAVE_LONG, "close_long": LEAVE_LONG, "exit_short": LEAVE_SHORT, "close_short": LEAVE_SHORT}  # fmt: skip
NOTHING = frozenset(("hold", "none", "wait", "neutral", "no_action"))
MODIFY = frozenset(("modify", "update", "amend"))
_STOPS, _TARGETS = frozenset(("stop", "stop_loss", "stop_market", "stop_limit", "stoploss")), frozenset(
    ("take_profit", "take_profit_market", "take_profit_limit", "takeprofit", "target")
)  # fmt: skip
_KEYS = {
    "symbol": ("symbol", "pair", "market", "instrument", "ticker"),
    "side": ("side", "action", "signal", "direction"),
    "type": ("type", "order_type"),
    "quantity": ("quantity", "qty", "amount", "units", "contracts"),
    "notional": ("notional", "quote_quantity", "cost"),
    "size": ("size", "fraction", "weight"),
    "price": ("price", "limit_price"),
    "leverage": ("leverage",),
    "stop_level": ("stop_loss", "stoploss", "sl", "stop_price", "stop_loss_price"),
    "target_level": ("take_profit", "takeprofit", "tp", "target_price", "take_profit_price"),
    "stop": ("stop",),
    "target": ("target",),
    "trail": ("trail", "trailing_stop"),
    "max_bars": ("max_bars",),
    "reduce_only": ("reduce_only", "reduceonly"),
}
_KNOWN = {alias: word for word, aliases in _KEYS.items() for alias in aliases}
#: Keys that say nothing about how an order is filled.
_REMARKS = frozenset(
    ("reason", "comment", "id", "order_id", "client_id", "client_order_id", "tag", "timestamp", "time", "datetime", "date",
     "note", "strategy", "name", "confidence", "score", "meta", "metadata", "info", "status", "exchange")
)  # fmt: skip
_FAR = 0.9
_AT = {name: k for k, name in enumerate(ORDER)}


def key_of(symbol: str) -> str:
    """TONUSDT of ton/usdt, TON-USDT and TON/USDT:USDT."""
    return re.sub(r"[^A-Z0-9]", "", symbol.partition(":")[0].upper())


def words_of(orders: Iterable[Any], place: Place) -> list[float]:
    """ORDER for every symbol, one after another. Raises Rejection with one line."""
    words = [*NO_ORDER] * len(place.symbols)
    for number, order in enumerate(orders):
        said = _said(order, number, place)
        at = _symbol(said, number, place)
        _merge(words, at, _one(said, number, place, at), place)
    return words


def _said(order: Any, number: int, place: Place) -> dict[str, Any]:
    """An order's keys in our words, without what is None."""
    if not isinstance(order, Mapping):
        if dataclasses.is_dataclass(order) and not isinstance(order, type):
            order = {f.name: getattr(order, f.name) for f in dataclasses.fields(order)}
        elif hasattr(order, "_asdict"):
            order = order._asdict()
        elif hasattr(order, "__dict__") and not isinstance(order, type | BaseException):
            order = vars(order)
        else:
            raise place.wrong(
                f"order {number} is {kind_of(order)} ({str(order)[:60]!r}): wanted a dict with symbol and side"
            )
    said: dict[str, Any] = {}
    for key, value in order.items():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(key)).lower()
        word = _KNOWN.get(name)
        if word is None:
            if name not in _REMARKS and value is not None:
                place.note(f"orders say {str(key)[:40]!r}, which is not followed")
        elif value is not None and word not in said:
            said[word] = value
    return said


def _symbol(said: Mapping[str, Any], number: int, place: Place) -> int:
    if "symbol" not in said:
        if place.alone:
            return 0
        raise place.wrong(
            f"order {number} names no symbol: write one of {', '.join(list(place.symbols)[:6])}"
        )
    at = place.symbols.get(key_of(str(said["symbol"])))
    if at is not None:
        return at
    known = ", ".join(list(place.symbols)[:6])
    more = ': for orders to several symbols write [strategy] symbols = "all"' if place.alone else ""
    raise place.wrong(f"order {number} is for {str(said['symbol'])[:40]!r}, but there is {known}{more}")


def _one(said: Mapping[str, Any], number: int, place: Place, at: int) -> dict[str, float]:
    """One order as the words that it says."""
    kind, side = _text(said.get("type")), _text(said.get("side"))
    words: dict[str, float] = {}
    if kind in EXITS or side in EXITS:
        words["exit"] = EXITS[kind if kind in EXITS else side]
    elif side in SIDES:
        words["side"] = SIDES[side]
    elif side in NOTHING and "side" in said:
        return {}
    elif side not in MODIFY:
        shown = f"side {str(said['side'])[:40]!r}" if "side" in said else "no side"
        raise place.wrong(f"order {number} has {shown}: write buy, sell, long, short or EXIT")
    for name in ("quantity", "notional", "size", "price", "leverage", "trail", "max_bars"):
        if name in said:
            words[name] = _number(said[name], name, number, place)
    _amounts(words, number, place)
    protects = kind in _STOPS | _TARGETS
    long = _points_up(words, side, place.sides[at]) != (protects and words.get("side", 0.0) != 0.0)
    _levels(words, said, (number, place, place.closes[at], long))
    return _protective(words, kind, place) if protects else _fill(words, said, kind, place.sides[at])


def _fill(words: dict[str, float], said: Mapping[str, Any], kind: str, held: float) -> dict[str, float]:
    """Market orders carry no limit; a part of a position is never more than it."""
    if kind == "market":
        words.pop("price", None)
    leave = words.get("exit", STAY)
    if leave != STAY and "quantity" in words:
        if held == 0.0 or leave == (LEAVE_SHORT if held > 0.0 else LEAVE_LONG):
            return {}
        words["side"], words["exit"] = -held, REDUCE
    elif leave == STAY and said.get("reduce_only"):
        words["exit"] = REDUCE
    return words


def _protective(words: dict[str, float], kind: str, place: Place) -> dict[str, float]:
    """An order that waits at a price: a level of the position's."""
    level = words.get("target" if kind in _TARGETS else "stop") or words.get("price", 0.0)
    if not level:
        place.note("stop and target orders without a price are dropped")
        return {}
    return {"target" if kind in _TARGETS else "stop": level}


def _points_up(words: Mapping[str, float], side: str, held: float) -> bool:
    """Whether the levels of an order are a long's."""
    if side in MODIFY or "exit" in words:
        return held >= 0.0
    return words["side"] > 0.0


def _text(value: Any) -> str:
    value = getattr(value, "value", value)  # of an enumeration
    return str(getattr(value, "name", value)).strip().lower().replace(" ", "_").replace("-", "_")


def _number(value: Any, name: str, number: int, place: Place) -> float:
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise place.wrong(
            f"order {number} has {name} = {str(value)[:40]!r} of type {type(value).__name__}: wanted a number"
        )
    found = float(value)
    if not math.isfinite(found):
        raise place.wrong(f"order {number} has {name} = {found}: wanted a number; check it before ordering")
    if found < 0.0:
        raise place.wrong(
            f"order {number} has {name} = {found:g}: must not be negative; the side says the direction"
        )
    return found


def _amounts(words: dict[str, float], number: int, place: Place) -> None:
    if words.get("size", 0.0) > 1.0:
        raise place.wrong(
            f"order {number} has size = {words['size']:g}: a fraction of equity between 0 and 1; write quantity for units"
        )
    if words.get("trail", 0.0) >= 1.0:
        raise place.wrong(
            f"order {number} has trail = {words['trail']:g}: a fraction of the price, such as 0.02"
        )
    if any(words.get(name) == 0.0 for name in ("quantity", "notional", "size")):
        place.note("orders of quantity 0 are dropped, as an exchange refuses them")
        words.pop("exit", None)
        words["side"] = words["price"] = 0.0


def _levels(words: dict[str, float], said: Mapping[str, Any], told: tuple[int, Place, float, bool]) -> None:
    """Stop and target as price levels; ``stop`` and ``target`` are distances from the close."""
    number, place, close, long = told
    for name, below in (("stop", long), ("target", not long)):
        if f"{name}_level" in said:
            level = _number(said[f"{name}_level"], name, number, place)
        elif name in said:
            distance = _number(said[name], name, number, place)
            level = close * (1.0 - distance if below else 1.0 + distance) if distance else 0.0
        else:
            continue
        if level:
            _judge_level(name, level, below, told)
            words[name] = level


def _judge_level(name: str, level: float, below: bool, told: tuple[int, Place, float, bool]) -> None:
    number, place, close, long = told
    hint = f"write a price, or {name} = 0.02 for a distance"
    if (level >= close) if below else (level <= close):
        side = "long" if long else "short"
        raise place.wrong(
            f"order {number} has a {name} at {level:g}, on the wrong side of the close {close:g} for a {side}: {hint}"
        )
    if not close * (1.0 - _FAR) <= level <= close * (1.0 + 10.0):
        raise place.wrong(f"order {number} has a {name} at {level:g}, far from the close {close:g}: {hint}")


def _merge(words: list[float], at: int, one: Mapping[str, float], place: Place) -> None:
    """Add an order to what the bar's orders for its symbol say already."""
    first = at * len(ORDER)
    for name, value in one.items():
        k = first + _AT[name]
        against = name == "side" and words[k] * value < 0.0 and words[first + _AT["exit"]] == STAY
        if against:
            raise place.wrong("orders buy and sell one symbol at once: net them, or write EXIT first")
        words[k] = words[k] + value if name in ("quantity", "notional") else value or words[k]
