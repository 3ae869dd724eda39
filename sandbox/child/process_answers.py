"""Reads what ``process`` returned as a list of orders.

An answer that a strategy uses to hide a fault (an ``error`` key, a failed status, an exception, None) is a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child.reasons import Rejection, describe
else:
    from _mendel_reasons import Rejection, describe

_FAILED = frozenset(("error", "failed", "failure", "exception", "fail"))
_WANTED = 'return {"orders": [...]}, with an empty list where there is nothing to do'


@dataclass
class Place:
    """What the orders of one bar are judged by. ``closes`` and ``sides`` (+1, -1, 0) are by symbol; ``notes`` counts what
    was not followed."""

    where: str
    symbols: Mapping[str, int]
    closes: list[float]
    sides: list[float]
    alone: bool
    when: str = ""
    notes: dict[str, int] = field(default_factory=dict)

    def wrong(self, text: str) -> Rejection:
        """Our verdict, with the bar and the place of the strategy."""
        return Rejection(f"{text} ({self.where}), at the bar of {self.when}")

    def note(self, text: str) -> None:
        """Count what the person should know."""
        self.notes[text] = self.notes.get(text, 0) + 1


def orders_of(answer: Any, place: Place) -> Sequence[Any]:
    """The list of orders in an answer. Raises Rejection for everything that is none, errors that were returned among it."""
    if type(answer) is not dict:
        answer = _mapping(answer, place)
    _no_error(answer, place)
    if "orders" not in answer:
        keys = ", ".join(str(key)[:30] for key in list(answer)[:8]) or "none"
        raise place.wrong(f"process returned a dict without orders (keys: {keys}): {_WANTED}")
    orders = answer["orders"]
    if not isinstance(orders, list | tuple):
        raise place.wrong(f"process returned orders of type {type(orders).__name__}: wanted a list of dicts")
    return orders


def _mapping(answer: Any, place: Place) -> Mapping[str, Any]:
    if isinstance(answer, BaseException):
        raise place.wrong(f"process returned an exception instead of raising it: {describe(answer)}")
    if isinstance(answer, Mapping):
        return answer
    if hasattr(answer, "orders"):
        names = ("orders", "error", "errors", "status", "message", "success", "ok")
        return {name: getattr(answer, name) for name in names if hasattr(answer, name)}
    raise place.wrong(f"process returned {kind_of(answer)}: {_WANTED}")


def kind_of(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _no_error(answer: Mapping[str, Any], place: Place) -> None:
    """An error that was caught and returned is an error."""
    for key in ("error", "errors", "exception", "traceback"):
        if key in answer and _says(answer[key]):
            told = answer[key]
            text = describe(told) if isinstance(told, BaseException) else str(told)
            raise place.wrong(
                f"process caught an error and returned it as {key!r}: {' '.join(text.split())[:300]}"
            )
    failed = str(answer.get("status", "")).strip().lower() in _FAILED
    refused = next((key for key in ("success", "ok") if answer.get(key) is False), None)
    if failed or refused:
        said = next(
            (answer[key] for key in ("message", "msg", "reason", "detail") if answer.get(key)),
            "without a message",
        )
        shown = f"status {answer['status']!r}" if failed else f"{refused} = False"
        raise place.wrong(
            f"process caught an error and returned it as {shown}: {' '.join(str(said).split())[:300]}"
        )


def _says(value: Any) -> bool:
    return isinstance(value, BaseException) or (
        value is not None and value is not False and str(value) not in ("", "[]", "{}", "None")
    )
