"""Names what a freqtrade strategy's class writes that has no counterpart here: per class and per hook, from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

#: Method or attribute -> what happens instead.
NOT_FOLLOWED = {
    "adjust_trade_position": "not asked: a position keeps its size",
    "custom_entry_price": "not asked: entries fill at the next open",
    "custom_exit_price": "not asked: exits fill at the next open, a resting stop or ROI",
    "adjust_entry_price": "not asked: entries fill at the next open",
    "adjust_exit_price": "not asked: exits fill at the next open",
    "adjust_order_price": "not asked: no order waits",
    "custom_roi": "not asked: minimal_roi counts",
    "order_filled": "not called: there are no orders",
    "bot_loop_start": "not called: a simulation has no loop of pairs",
    "check_entry_timeout": "not asked: no order waits",
    "check_exit_timeout": "not asked: no order waits",
    "protections": "not followed: no pair is locked",
    "freqai_info": "not followed: no model is trained here",
    "feature_engineering_standard": "not called: no model is trained here",
    "feature_engineering_expand_all": "not called: no model is trained here",
    "set_freqai_targets": "not called: no model is trained here",
    "position_adjustment_enable": "not followed: a position keeps its size",
    "use_custom_roi": "not followed: minimal_roi counts",
    "order_types": "not followed: market orders at the next open, and stops and ROI that rest",
    "order_time_in_force": "not followed: no order waits",
    "unfilledtimeout": "not followed: no order waits",
    "ignore_buying_expired_candle_after": "not followed: a signal is acted on at the next open",
}
PARTLY = {
    "confirm_trade_exit": "asked before exits by signal or custom_exit alone, not at a resting stop or ROI",
    "leverage": "at most [costs] leverage",
}


def unfollowed(classes: Iterable[ast.ClassDef]) -> list[str]:
    """``Name.hook (line): what happens`` for each hook of these classes that is not followed, or not wholly."""
    return [
        f"{node.name}.{name} (line {statement.lineno}): {told}"
        for node in classes
        for statement in node.body
        for name in _names(statement)
        if (told := NOT_FOLLOWED.get(name) or PARTLY.get(name)) and not _switched_off(statement)
    ]


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _switched_off(statement: ast.stmt) -> bool:
    """``name = False``, ``[]`` or ``{}``."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Constant):
        return not value.value
    return isinstance(value, ast.List | ast.Dict) and not (
        getattr(value, "elts", None) or getattr(value, "keys", None)
    )


_OUTSIDE = re.compile(r"^outside of its range: ([A-Za-z]{1,40}) ([A-Za-z_][A-Za-z0-9_]{0,60})$", re.MULTILINE)
_MOST_OUTSIDE = 8
_LOGGED = re.compile(r"^not followed as written: (\w+)$", re.MULTILINE)


def told_by_child(log: str) -> tuple[str, ...]:
    """``hook: what happens instead`` for what a child wrote into its log. The log is hostile: only known hooks and plain names count."""
    names = dict.fromkeys(_LOGGED.findall(log))
    followed = [f"{name}: {told}" for name in names if (told := NOT_FOLLOWED.get(name) or PARTLY.get(name))]
    outside = [
        f"{name}: its value lies outside of its {kind}'s range: mend one of them"
        for kind, name in _OUTSIDE.findall(log)
    ]
    return (*followed, *outside[:_MOST_OUTSIDE])
