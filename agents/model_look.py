"""The last look at screenshots, by a model that sees. It remarks; it overrules nothing.

Its answer has no verdict in it, so no gate can read one. Each remark is checked against the tools' facts like any other words of a
model; what fails (no such model, the server, the budget) is told as ``why`` and never raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from agents.claims import check
from agents.model import Model, ModelError
from agents.model_picture import MOST_PICTURES

_MOST_REMARKS, _MOST_LETTERS = 6, 300


class Seen(BaseModel):
    """What a careful eye notices."""

    remarks: list[str] = Field(
        description=f"at most {_MOST_REMARKS} short sentences on what looks wrong or unlike the facts; [] where nothing does"
    )


def look_last(
    model: Model | None, screenshots: Sequence[bytes | Path], facts: Mapping[str, Any], about: str = ""
) -> dict[str, Any]:
    """``{"by", "remarks": [{"text", "checked", "struck"}], "pictures", "why"}``.

    ``screenshots`` are PNG bytes or files, in order (for a patch: before, after); at most four are sent. ``facts`` are the visual
    gate's evidence or a look's facts, JSON. ``why`` says why there are no remarks, "" where the model looked."""
    if model is None or not model.sees:
        return _unseen(
            "" if model is None else model.name, "no model that sees is configured ([model] name and vision)"
        )
    if not screenshots:
        return _unseen(model.name, "there is no screenshot")
    try:
        pictures = [s if isinstance(s, bytes) else s.read_bytes() for s in screenshots[:MOST_PICTURES]]
        asked = {"task": "look", "about": about or "a page", "pictures": len(pictures)}
        seen = model.choose("reviewer", asked, Seen, facts, pictures)
    except (ModelError, OSError) as error:
        return _unseen(model.name, " ".join(str(error).split()))
    remarks = [_remark(text, facts) for text in seen.remarks[:_MOST_REMARKS] if text.strip()]
    return {"by": model.name, "remarks": remarks, "pictures": len(pictures), "why": ""}


def _remark(text: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    checked = check(" ".join(text.split())[:_MOST_LETTERS], facts)
    return {"text": checked.text, "checked": checked.checked, "struck": len(checked.struck)}


def _unseen(by: str, why: str) -> dict[str, Any]:
    return {"by": by, "remarks": [], "pictures": 0, "why": why}
