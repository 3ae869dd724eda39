"""Patches by hand: shown, approved, rejected, expired, rolled back; and a ledger that notices hands on it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_kit import RULES, kinds, make_tiny, mendel, patches, refused, tree

Judged = tuple[Path, dict[str, Any]]
PATCH_KEYS = {"id", "kind", "status", "digest", "files", "rationale", "gates", "before", "after"}


def patch(verb: str, folder: Path, name: str, *more: str) -> Any:
    return mendel("patch", verb, name, "--system", folder, *more, "--json")


def test_without_a_person_the_patch_waits_and_nothing_is_touched(judged: Judged, small_candles: Path) -> None:
    folder, document = judged
    (found,) = document["patches"]
    assert found["status"] == "awaiting_approval" and document["unchanged"] is True
    assert (folder / "tiny/rules.py").read_text(encoding="utf-8") == RULES
    assert document["trades"]["TONUSDT"] == 0 and found["after"]["symbols"]["TONUSDT"]["trades"] >= 3
    assert Path(document["report"]).is_file()
    (listed,) = patches(folder)
    assert listed.keys() >= PATCH_KEYS and "diff" not in listed and listed["id"] == found["id"]
    shown = patch("show", folder, found["id"][:5]).document
    assert shown["diff"].startswith("diff --git a/tiny/rules.py") and shown.keys() >= PATCH_KEYS


def test_what_may_not_be_approved(waiting: Path) -> None:
    before, (known,) = tree(waiting), patches(waiting)
    for verb in ("show", "approve", "reject", "rollback"):
        refused(patch(verb, waiting, "zzz"), 2, "patch 'zzz' is not known; see: mendel patch list")
    refused(patch("approve", waiting, known["id"]), 1, "raises exposure and needs an explicit yes")
    wrong = patch("approve", waiting, known["id"], "--digest", "beef", "--yes-exposure")
    refused(wrong, 1, "not beef", "look at it again")
    refused(patch("rollback", waiting, known["id"]), 1, "does not stand applied")
    assert tree(waiting) == before and patches(waiting)[0]["status"] == "awaiting_approval"


def test_approve_edit_roll_back(waiting: Path) -> None:
    before, (known,) = tree(waiting), patches(waiting)
    name, digest = known["id"], known["digest"]
    done = patch("approve", waiting, name, "--yes-exposure", "--digest", digest[:12])
    assert done.code == 0 and done.document["status"] == "applied", done.err
    assert {g["name"]: g["verdict"] for g in done.document["gates"]}["after_apply"] == "pass"
    applied = tree(waiting)
    assert applied != before
    assert (
        patch("approve", waiting, name, "--yes-exposure").document["status"] == "applied"
    )  # once, whoever asks
    assert tree(waiting) == applied and kinds(waiting).count("applied") == 1
    refused(patch("reject", waiting, name), 1, "is applied")
    rules = waiting / "tiny/rules.py"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    edited = tree(waiting)
    refused(patch("rollback", waiting, name), 1, "tiny/rules.py: changed since", "--force")
    assert tree(waiting) == edited
    forced = patch("rollback", waiting, name, "--force")
    assert forced.code == 0 and forced.document["overwritten"] == ["tiny/rules.py"]
    assert tree(waiting) == before
    refused(patch("rollback", waiting, name), 1, "does not stand applied")
    refused(patch("approve", waiting, name, "--yes-exposure"), 1, "is rolled_back")
    assert kinds(waiting)[-3:] == ["approved", "applied", "rolled_back"]


def test_reject_is_for_good(waiting: Path) -> None:
    before, name = tree(waiting), patches(waiting)[0]["id"]
    assert patch("reject", waiting, name).document["status"] == "rejected"
    refused(patch("reject", waiting, name), 1, "is rejected")
    refused(patch("approve", waiting, name, "--yes-exposure"), 1, "is rejected")
    assert tree(waiting) == before and kinds(waiting)[-1] == "rejected"


def test_a_patch_whose_base_has_gone_expires(waiting: Path) -> None:
    rules = waiting / "tiny/rules.py"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    before, name = tree(waiting), patches(waiting)[0]["id"]
    refused(
        patch("approve", waiting, name, "--yes-exposure"),
        1,
        "tiny/rules.py: changed since the patch was made",
    )
    assert tree(waiting) == before and patches(waiting)[0]["status"] == "expired"
    refused(patch("approve", waiting, name, "--yes-exposure"), 1, "is expired")


def test_undone_by_hand_is_noticed(waiting: Path) -> None:
    rules, name = waiting / "tiny/rules.py", patches(waiting)[0]["id"]
    old = rules.read_bytes()
    assert patch("approve", waiting, name, "--yes-exposure").code == 0
    rules.write_bytes(old)
    done = patch("reject", waiting, name)
    assert done.code == 1 and "noted as rolled back (undone by hand)" in done.lines[0]
    assert patches(waiting)[0]["status"] == "rolled_back" and kinds(waiting)[-1] == "rolled_back"


def _edit(database: sqlite3.Connection) -> None:
    database.execute("UPDATE ledger SET body = '{}' WHERE seq = 2")


def _cut(database: sqlite3.Connection) -> None:
    database.execute("DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)")


@pytest.mark.parametrize("tamper", [_edit, _cut])
def test_a_tampered_ledger_is_seen(tamper: Callable[[sqlite3.Connection], None], waiting: Path) -> None:
    assert mendel("ledger", "verify", "--system", waiting).code == 0
    database = sqlite3.connect(waiting / ".mendel/mendel.db")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    tamper(database)
    database.commit()
    database.close()
    done = mendel("ledger", "verify", "--system", waiting, "--json")
    assert done.code == 1 and done.document["ok"] is False and done.document["why"]
    assert mendel("status", "--system", waiting, "--json").document["ledger"]["ok"] is False


def test_a_damaged_store_is_named(waiting: Path) -> None:
    before = tree(waiting)
    for name in ("mendel.db-wal", "mendel.db-shm"):
        (waiting / ".mendel" / name).unlink(missing_ok=True)
    (waiting / ".mendel/mendel.db").write_bytes(b"not a database" * 500)
    for command in (("status", "--system", waiting), ("evolve", waiting)):
        refused(mendel(*command, "--json"), 2, "mendel.db", "move the damaged file away")
    assert tree(waiting) == before


ODD = {
    "crlf": RULES.replace("\n", "\r\n").encode(),
    "bom": b"\xef\xbb\xbf" + RULES.rstrip("\n").encode(),  # and no final newline
}


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
def test_every_byte_and_mode_returns(odd: str, tmp_path: Path, small_candles: Path) -> None:
    folder = make_tiny(tmp_path / "tiny", small_candles)
    rules = folder / "tiny/rules.py"
    rules.write_bytes(ODD[odd])
    rules.chmod(0o444)
    (folder / "tiny").chmod(0o750)
    before = tree(folder)
    done = mendel("evolve", folder, "--yes-fixes", "--json")
    (applied,) = done.document["patches"]
    assert applied["status"] == "applied" and done.document["unchanged"] is False, done.err
    after = tree(folder)
    assert {rel for rel in before | after if before.get(rel) != after.get(rel)} == {"tiny/rules.py"}
    assert after["tiny/rules.py"][1] == 0o444
    if odd == "crlf":
        assert b"\n" not in after["tiny/rules.py"][0].replace(b"\r\n", b"")
    if odd == "bom":
        assert after["tiny/rules.py"][0].startswith(b"\xef\xbb\xbf")
    assert patch("rollback", folder, applied["id"]).document["status"] == "rolled_back"
    assert tree(folder) == before


def _git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_in_a_repository_one_commit_each_way(waiting: Path) -> None:
    (waiting / ".gitignore").write_text("data/\n", encoding="utf-8")
    _git(waiting, "init", "-q")
    _git(waiting, "add", ".")
    _git(waiting, "commit", "-q", "-m", "mine")
    before, name = tree(waiting), patches(waiting)[0]["id"]
    assert _git(waiting, "status", "--porcelain") == ""
    assert patch("approve", waiting, name, "--yes-exposure").code == 0
    assert _git(waiting, "status", "--porcelain") == ""
    assert _git(waiting, "rev-list", "--count", "HEAD").strip() == "2"
    assert _git(waiting, "show", "--name-only", "--format=", "HEAD").split() == ["tiny/rules.py"]
    assert patch("rollback", waiting, name).code == 0
    assert tree(waiting) == before and _git(waiting, "status", "--porcelain") == ""
    assert _git(waiting, "diff", "HEAD~2", "HEAD") == ""


def test_the_shapes_of_the_documents(judged: Judged) -> None:
    _, document = judged
    assert {
        "cycle",
        "findings",
        "hypotheses",
        "patches",
        "learnings",
        "unchanged",
        "seconds",
    } <= document.keys()
    finding = {"id", "category", "severity", "file", "line", "summary", "counterexample", "test"}
    for found in document["findings"]:
        assert finding <= found.keys() and found["counterexample"] and Path(found["test"]).is_file()
    for made in document["patches"]:
        assert PATCH_KEYS | {"diff"} <= made.keys()
        for gate in made["gates"]:
            assert {"name", "verdict", "evidence"} <= gate.keys()
            assert gate["verdict"] in {"pass", "fail", "unknown", "underpowered", "report"}
        for side in ("before", "after"):
            for account in made[side]["symbols"].values():
                assert {"trades", "net_return"} <= account.keys()
    assert all({"id", "text"} <= learning.keys() for learning in document["learnings"])
    assert json.dumps(document, allow_nan=False)
