"""Names what a backtesting.py strategy's source writes that has no counterpart here, or not wholly."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_CALLS = {
    "set_trailing_pct": "trails at that share of the close; the library scales it by the ATR of the whole data",
    "set_trailing_sl": "the ATR is that of the bars so far",
}
_RESTS = "fills at the open after the bar that meets the price"
_UNITS = "units are turned into a share of the account at the close that orders them"
_PART = "the account keeps its size until all of the position is closed"


def unfollowed(classes: Iterable[ast.ClassDef]) -> list[str]:
    """``Name.call (line): what happens`` for what these classes write that is not followed, or not wholly."""
    return [
        f"{node.name}: {what} (line {call.lineno}): {told}"
        for node in classes
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        for what, told in _told(call, call.func.attr)
    ]


def _told(call: ast.Call, name: str) -> Iterator[tuple[str, str]]:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in _CALLS:
        yield name, _CALLS[name]
    if name in ("buy", "sell"):
        for word in ("limit", "stop"):
            if word in given and not _is_none(given[word]):
                yield f"{name}({word}=…)", _RESTS
        size = given.get("size")
        if isinstance(size, ast.Constant) and isinstance(size.value, int | float) and size.value >= 1:
            yield f"{name}(size={size.value})", _UNITS
    if name == "close" and (call.args or "portion" in given):
        portion = call.args[0] if call.args else given["portion"]
        if not (isinstance(portion, ast.Constant) and portion.value == 1):
            yield "close(portion)", _PART


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
