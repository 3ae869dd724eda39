"""From the text that a model wrote to a validated answer; what is wrong with it is told so that the model can mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

A = TypeVar("A", bound=BaseModel)
_FENCE = re.compile(r"```[\w-]*\s*\n?(.*?)(?:```|\Z)", re.S)
_DECODER = json.JSONDecoder()
#: Starts of an object that are tried in one answer: a hostile answer must not cost the parent its time.
_MOST_STARTS = 50


class UnusableAnswer(Exception):  # noqa: N818 - a message to the model, not an error of ours
    """What the model has to hear to do better."""


def parse_answer(text: str, answer: type[A]) -> A:
    """The answer in ``text``: plain JSON, fenced JSON, or JSON among prose. Raises UnusableAnswer."""
    problem = "there was no JSON object in it"
    for value in _objects(text):
        try:
            return answer.model_validate(value)
        except ValidationError as error:
            problem = _told(error)
    raise UnusableAnswer(
        f"That answer cannot be used: {problem}. Answer with one JSON object and nothing else."
    )


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in the text: the whole of it, then what is fenced, then what stands among words."""
    stripped = text.strip().lstrip("\ufeff")
    for piece in [stripped, *(m.group(1).strip() for m in _FENCE.finditer(stripped))]:
        value = _loaded(piece)
        if isinstance(value, dict):
            yield value
    start = -1
    for _ in range(_MOST_STARTS):
        start = stripped.find("{", start + 1)
        if start < 0:
            return
        try:
            value, end = _DECODER.raw_decode(stripped, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value
        start = end - 1


def _loaded(piece: str) -> Any:
    try:
        return json.loads(piece)
    except (ValueError, RecursionError):
        return None


def _told(error: ValidationError) -> str:
    parts = [f"{'.'.join(str(p) for p in e['loc']) or 'it'}: {e['msg']}" for e in error.errors()[:4]]
    return "; ".join(parts)
