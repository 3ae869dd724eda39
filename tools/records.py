"""Findings, verdicts and patches as JSON documents and back: the shapes that commands print and the store keeps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

import numpy as np

from tools.contracts import (
    Finding,
    GateVerdict,
    MendelError,
    Patch,
    PatchKind,
    PatchStatus,
    Severity,
    Verdict,
)

Document = dict[str, Any]


class RecordError(MendelError):
    """A value is no JSON, or a document is not of the kind it should be."""


def jsonable(value: object) -> Any:
    """``value`` in plain JSON types: numpy unpacked, enums by value, tuples as lists, NaN and infinities None."""
    if isinstance(value, Enum):
        return jsonable(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(jsonable(key)): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return [jsonable(item) for item in items]
    raise RecordError(
        f"{type(value).__name__} {value!r:.60} is no JSON value; keep numbers, text, lists and tables"
    )


def finding_json(finding: Finding) -> Document:
    """Every field of a finding."""
    return _document(finding)


def verdict_json(verdict: Verdict) -> Document:
    """``{"name", "verdict", "evidence"}``."""
    return _document(verdict)


def patch_json(patch: Patch, *, diff: bool = True) -> Document:
    """Every field of a patch; without its diff for lists."""
    document = {**_document(patch), "gates": [verdict_json(gate) for gate in patch.gates]}
    return document if diff else {key: value for key, value in document.items() if key != "diff"}


def finding_from(document: Mapping[str, Any]) -> Finding:
    """The finding that ``finding_json`` wrote. Unknown keys are passed over."""
    known = _known(Finding, document)
    return Finding(**{**known, "severity": _enum(Severity, known["severity"])})


def verdict_from(document: Mapping[str, Any]) -> Verdict:
    """The verdict that ``verdict_json`` wrote."""
    known = _known(Verdict, document)
    return Verdict(**{**known, "verdict": _enum(GateVerdict, known["verdict"])})


def patch_from(document: Mapping[str, Any]) -> Patch:
    """The patch that ``patch_json`` wrote, its diff included."""
    known = _known(Patch, document)
    known["kind"], known["status"] = _enum(PatchKind, known["kind"]), _enum(PatchStatus, known["status"])
    known["files"], known["consent"] = tuple(known["files"]), tuple(known.get("consent", ()))
    known["gates"] = tuple(verdict_from(gate) for gate in known.get("gates", ()))
    return Patch(**known)


def _document(value: Finding | Verdict | Patch) -> Document:
    return {
        field.name: jsonable(getattr(value, field.name)) for field in fields(value) if field.name != "gates"
    }


def _known(kind: type[Any], document: Mapping[str, Any]) -> Document:
    names = [field.name for field in fields(kind)]
    required = [f.name for f in fields(kind) if f.default is f.default_factory]  # both are MISSING
    for name in required:
        if name not in document:
            raise RecordError(
                f"{kind.__name__.lower()} document without {name!r}: it is damaged; make it anew"
            )
    return {name: document[name] for name in names if name in document}


def _enum(kind: type[Any], value: object) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise RecordError(
            f"{value!r} is no {kind.__name__}; one of {', '.join(str(item) for item in kind)}"
        ) from error
