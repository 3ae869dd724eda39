"""The main job, as a person runs it: the example, generated candles, one cycle, the report, and back again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cli_kit
import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


def mendel(*arguments: str | Path) -> Any:
    done = cli_kit.mendel(*arguments, "--json")
    assert done.code == 0, done.err
    return done.document


def tree(folder: Path) -> dict[str, str]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and ".mendel" not in p.parts]
    return {
        str(p.relative_to(folder)): f"{hashlib.sha256(p.read_bytes()).hexdigest()} {p.stat().st_mode:o}"
        for p in files
    }


def test_the_main_job(tmp_path: Path) -> None:
    folder = tmp_path / "my-squeeze"
    mendel("init", folder)
    mendel("data", "synth", folder / "data", "--days", "60", "--seed", "3")
    before = tree(folder)

    silent = mendel("why-silent", "TON", "--system", folder)
    assert silent["symbol"] == "TONUSDT"
    assert silent["starved"] and silent["trades"] <= 2
    blocking = [g for g in silent["gates"] if g["blocking"]]
    assert len(blocking) == 1
    assert blocking[0]["pass_rate"] < 0.05 < blocking[0]["pass_rate_elsewhere"]
    assert blocking[0]["counterfactual_trades"] >= 20

    result = mendel("evolve", folder, "--yes-fixes")
    assert not result["unchanged"]
    fix = next(p for p in result["patches"] if p["status"] == "applied")
    place = (blocking[0]["file"], blocking[0]["line"])
    assert place in {(f["file"], f["line"]) for f in result["findings"]}
    assert fix["kind"] == "fix"
    assert {g["name"]: g["verdict"] for g in fix["gates"]}["after_apply"] == "pass"
    assert fix["before"]["symbols"]["TONUSDT"]["trades"] <= 2
    assert fix["after"]["symbols"]["TONUSDT"]["trades"] >= 20
    assert len({f["category"] for f in result["findings"]}) >= 6
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert fix["id"] in page and "TONUSDT" in page and "unproven" in page

    assert not mendel("why-silent", "TON", "--system", folder)["starved"]
    shown = mendel("patch", "show", fix["id"], "--system", folder)
    assert shown["diff"] == fix["diff"]
    listed = mendel("patch", "list", "--system", folder)["patches"]
    assert all("diff" not in p for p in listed)
    kinds = [e["kind"] for e in mendel("ledger", "show", "--system", folder)["entries"]]
    assert (
        kinds.index("hypothesis") < kinds.index("judged") < kinds.index("approved") < kinds.index("applied")
    )
    assert mendel("ledger", "verify", "--system", folder)["ok"]

    assert tree(folder) != before
    assert mendel("patch", "rollback", fix["id"], "--system", folder)["status"] == "rolled_back"
    assert tree(folder) == before
    assert mendel("status", "--system", folder)["patches"]
