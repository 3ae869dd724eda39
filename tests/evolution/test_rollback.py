"""Rolling back: every byte and bit returns, nothing of the person's is lost, and a crash changes none of it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from change_kit import CHANGES, make_patch, make_system, tree
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.contracts import GateVerdict, Patch, Verdict
from tools.evolution.apply import apply_patch
from tools.evolution.backup import BackupError, BackupStore
from tools.evolution.guard import SafetyGuard
from tools.evolution.journal import Journal
from tools.evolution.rollback import RollbackError, recover, rollback_patch
from tools.system.bundles import BundleStore
from tools.system.system import System


@pytest.fixture
def system(tmp_path: Path) -> System:
    return make_system(tmp_path / "system")


@pytest.fixture
def made(system: System) -> tuple[BundleStore, Patch]:
    return make_patch(system)


def test_every_byte_mode_and_folder_returns(system: System, made: tuple[BundleStore, Patch]) -> None:
    before = tree(system.root)
    apply_patch(system, *made)
    assert tree(system.root) != before
    back = rollback_patch(system, "p1")
    assert tree(system.root) == before
    assert back.files == tuple(sorted(CHANGES)) and back.overwritten == ()
    apply_patch(system, *made)
    rollback_patch(system, "p1")
    assert tree(system.root) == before


def test_what_was_not_applied_cannot_be_rolled_back(system: System, made: tuple[BundleStore, Patch]) -> None:
    with pytest.raises(RollbackError, match="does not stand applied"):
        rollback_patch(system, "p1")
    apply_patch(system, *made)
    rollback_patch(system, "p1")
    with pytest.raises(RollbackError, match="does not stand applied"):
        rollback_patch(system, "p1")


def test_files_changed_since_are_named_and_only_force_overwrites_them(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    before = tree(system.root)
    apply_patch(system, *made)
    (system.root / "app.py").write_text("mine = 1\n")
    (system.root / "new/deep/made.py").unlink()
    now = tree(system.root)
    with pytest.raises(RollbackError, match=r"^app\.py, new/deep/made\.py: changed since patch p1"):
        rollback_patch(system, "p1")
    assert tree(system.root) == now
    back = rollback_patch(system, "p1", force=True)
    assert back.overwritten == ("app.py", "new/deep/made.py")
    assert tree(system.root) == before
    mine = next(c.before for c in Journal(system).records()[-1].changes if c.rel == "app.py")
    assert mine is not None and BackupStore(system).get(mine.sha256) == b"mine = 1\n"


def test_folders_in_which_the_person_put_something_stay(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    apply_patch(system, *made)
    (system.root / "new/mine.txt").write_text("x")
    rollback_patch(system, "p1")
    assert sorted(p.name for p in (system.root / "new").iterdir()) == ["mine.txt"]


def test_a_damaged_backup_stops_it_before_anything_changes(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    apply_patch(system, *made)
    now = tree(system.root)
    change = next(c for c in Journal(system).records()[0].changes if c.rel == "pkg/run me.py")
    assert change.before is not None
    (BackupStore(system).folder / change.before.sha256).write_bytes(b"?")
    with pytest.raises(BackupError, match="is damaged"):
        rollback_patch(system, "p1")
    assert tree(system.root) == now


def test_two_patches_come_off_in_any_possible_order(system: System) -> None:
    start = tree(system.root)
    apply_patch(system, *make_patch(system, "one", {"app.py": "a = 2\n"}))
    apply_patch(system, *make_patch(system, "two", {"pkg/old.py": "b = 2\n"}))
    rollback_patch(system, "one")
    rollback_patch(system, "two")
    assert tree(system.root) == start


def test_a_committed_patch_is_rolled_back_by_a_commit(system: System) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=system.root, check=True, capture_output=True, text=True
        )
        return done.stdout

    git("init", "-q")
    git("add", ".")
    git("-c", "user.name=Ada", "-c", "user.email=a@example.org", "commit", "-qm", "start")
    before = tree(system.root)
    apply_patch(system, *make_patch(system))
    back = rollback_patch(system, "p1")
    assert tree(system.root) == before and back.commit == git("rev-parse", "HEAD").strip()
    assert git("diff", "HEAD~2", "HEAD") == "" and git("status", "--porcelain") == ""


KILLER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from change_kit import make_patch, make_system
from tools.evolution.apply import apply_patch
from tools.evolution.rollback import rollback_patch

def run(root, operation, die_at):
    system = make_system(root)
    store, patch = make_patch(system)
    if operation == "rollback":
        apply_patch(system, store, patch)
    seen = []
    def step(name):
        seen.append(name)
        if len(seen) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
    if operation == "apply":
        apply_patch(system, store, patch, step=step)
    else:
        rollback_patch(system, patch.id, step=step)

for die_at in range(1, int(sys.argv[5]) + 1):
    child = os.fork()
    if child == 0:
        run(Path(sys.argv[3]) / str(die_at), sys.argv[4], die_at)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, die_at
"""
STEPS = 2 + 2 * len(CHANGES)


@pytest.mark.parametrize("operation", ["apply", "rollback"])
def test_kill_at_every_step_then_recover(tmp_path: Path, operation: str) -> None:
    clean = make_system(tmp_path / "clean")
    old = tree(clean.root)
    apply_patch(clean, *make_patch(clean))
    new = tree(clean.root)
    folders = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    command = [sys.executable, "-W", "ignore", "-c", KILLER, *folders, str(tmp_path), operation, str(STEPS)]
    subprocess.run(command, check=True)
    halves = 0
    for number in range(1, STEPS + 1):
        system = System.open(tmp_path / str(number))
        halves += tree(system.root) not in (old, new)
        lines = recover(system)
        finished = number == STEPS or operation == "rollback"
        assert len(lines) == (0 if number == STEPS else 1)
        assert tree(system.root) == (new if finished == (operation == "apply") else old), number
        assert recover(system) == []
    assert halves >= STEPS - 3  # the test saw real half-done states


def test_recovery_that_is_killed_may_be_repeated_and_keeps_edits(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    before = tree(system.root)
    apply_patch(system, *made)
    journal = Journal(system)
    journal.mark(journal.records()[0], "intent")  # as a crash just before the end leaves it
    (system.root / "app.py").write_text("mine\n")
    (system.root / "pkg/old.py").write_bytes(
        b"gone = 1\n"
    )  # as a recovery killed after its first file leaves it
    lines = recover(system)
    assert lines == [
        "patch p1: its interrupted apply was undone; left alone, since changed by someone else: app.py"
    ]
    after = tree(system.root)
    assert after.pop("app.py")[0] == b"mine\n"
    before.pop("app.py")
    assert after == before


def verdict(name: str, answer: GateVerdict) -> Verdict:
    return Verdict(name, answer)


@pytest.mark.parametrize(
    ("answer", "stays"),
    [
        (GateVerdict.PASS, True),
        (GateVerdict.UNKNOWN, True),
        (GateVerdict.REPORT, True),
        (GateVerdict.FAIL, False),
    ],
)
def test_the_guard_rolls_back_what_fails(
    system: System, made: tuple[BundleStore, Patch], answer: GateVerdict, stays: bool
) -> None:
    store, patch = made
    before = tree(system.root)
    guard = SafetyGuard(system)
    guard.before_modification(patch)
    apply_patch(system, store, patch)
    verdicts = guard.after_modification(
        patch, [lambda: verdict("static", GateVerdict.PASS), lambda: verdict("tests", answer)]
    )
    assert [v.name for v in verdicts] == ["static", "tests"]
    assert (guard.rollback_if_needed(patch, verdicts) is None) is stays
    assert (tree(system.root) == before) is not stays


def test_a_check_that_dies_rolls_back_and_is_heard(system: System, made: tuple[BundleStore, Patch]) -> None:
    store, patch = made
    before = tree(system.root)
    apply_patch(system, store, patch)

    def dies() -> Verdict:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        SafetyGuard(system).after_modification(patch, [dies])
    assert tree(system.root) == before


NAMES = st.sampled_from(["app.py", "pkg/old.py", "x.py", "pkg/y z.py", "d/e/f.py"])
TEXTS = st.none() | st.text(alphabet="ab\r\n\ufeffé", max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(NAMES, TEXTS, min_size=1))
def test_apply_then_rollback_is_no_change(changes: dict[str, str | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        system = make_system(Path(folder) / "system")
        changes = {
            rel: text for rel, text in changes.items() if text is not None or (system.root / rel).exists()
        }
        store, patch = make_patch(system, changes=changes)
        if patch.base == patch.bundle:
            return
        before = tree(system.root)
        apply_patch(system, store, patch)
        assert store.snapshot(system) == patch.bundle
        rollback_patch(system, patch.id)
        assert tree(system.root) == before and store.snapshot(system) == patch.base
