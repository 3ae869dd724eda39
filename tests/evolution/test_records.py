"""Findings, verdicts and patches survive the way through JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tools.contracts import Finding, GateVerdict, Patch, PatchKind, PatchStatus, Severity, Verdict
from tools.records import (
    RecordError,
    finding_from,
    finding_json,
    jsonable,
    patch_from,
    patch_json,
)

FINDING = Finding(
    "f1", "scale", Severity.HIGH, "a.py", 3, "starved", {"symbol": "TON"}, "tests/t.py", {"rate": 0.5}
)
GATE = Verdict("static", GateVerdict.PASS, {"new_errors": [], "n": 3})
PATCH = Patch(
    "p1", PatchKind.FIX, PatchStatus.APPLIED, "d", "b", "c", ("a.py",), "--- a\n", "why", "f1", (GATE,),
    {"symbols": {"TON": {"trades": 0, "sharpe": None}}}, {"symbols": {}}, ("activates TON",), "2024-01-01T00:00:00+00:00",
)  # fmt: skip


def test_round_trips() -> None:
    assert finding_from(json.loads(json.dumps(finding_json(FINDING)))) == FINDING
    assert patch_from(json.loads(json.dumps(patch_json(PATCH)))) == PATCH
    assert patch_from({**patch_json(PATCH), "new key": 1}) == PATCH


def test_the_shapes_that_were_promised() -> None:
    promised = {"id", "kind", "status", "digest", "files", "diff", "rationale", "gates", "before", "after"}
    assert promised <= patch_json(PATCH).keys()
    assert "diff" not in patch_json(PATCH, diff=False)
    assert patch_json(PATCH)["gates"] == [
        {"name": "static", "verdict": "pass", "evidence": {"new_errors": [], "n": 3}}
    ]
    promised = {"id", "category", "severity", "file", "line", "summary", "counterexample", "test"}
    assert promised <= finding_json(FINDING).keys()


def test_numpy_and_unknown_numbers_become_plain() -> None:
    odd = {
        "a": np.float64(1.5),
        "b": np.array([1, 2]),
        "c": float("nan"),
        "d": (np.bool_(True),),
        3: {"y", "x"},
        "e": np.float64("inf"),
    }
    assert jsonable(odd) == {"a": 1.5, "b": [1, 2], "c": None, "d": [True], "3": ["x", "y"], "e": None}
    assert finding_json(replace(FINDING, details={"x": np.int64(4)}))["details"] == {"x": 4}


def test_what_is_no_json_or_no_patch_is_named() -> None:
    with pytest.raises(RecordError, match="bytes"):
        jsonable({"x": b"raw"})
    with pytest.raises(RecordError, match="without 'digest'"):
        patch_from({key: value for key, value in patch_json(PATCH).items() if key != "digest"})
    with pytest.raises(RecordError, match="'magic' is no PatchKind; one of fix"):
        patch_from({**patch_json(PATCH), "kind": "magic"})
