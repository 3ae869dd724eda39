"""Applying a patch: exact, refused when the files are not its base, all or nothing whatever happens."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from change_kit import CHANGES, FILES, make_patch, make_system, tree

from tools.contracts import MendelError, Patch
from tools.evolution.apply import ApplyError, apply_patch
from tools.evolution.backup import BackupError, BackupStore
from tools.evolution.guard import SafetyGuard
from tools.evolution.journal import Journal
from tools.evolution.swap import SwapError
from tools.system.bundles import BundleStore, encode
from tools.system.system import System


@pytest.fixture
def system(tmp_path: Path) -> System:
    return make_system(tmp_path / "system")


@pytest.fixture
def made(system: System) -> tuple[BundleStore, Patch]:
    return make_patch(system)


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_files_become_exactly_the_bundles_and_keep_their_modes(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    store, patch = made
    applied = apply_patch(system, store, patch)
    assert applied.files == tuple(sorted(CHANGES)) and applied.commit is None
    now = tree(system.root)
    assert {rel: now[rel][0] for rel in CHANGES if rel in now} == {
        r: encode(t) for r, t in CHANGES.items() if t is not None
    }
    assert (now["app.py"][1], now["pkg/run me.py"][1]) == (0o640, 0o750)
    assert "pkg/old.py" not in now and now["README.md"][0] == FILES["README.md"]
    assert store.snapshot(system) == patch.bundle


def test_prose_may_change_meanwhile(system: System, made: tuple[BundleStore, Patch]) -> None:
    (system.root / "README.md").write_text("other")
    apply_patch(system, *made)
    assert (system.root / "README.md").read_text() == "other"


@pytest.mark.parametrize("rel", ["app.py", "pkg/old.py", "another.py", "new/deep/made.py"])
def test_source_that_changed_since_is_named(
    system: System, made: tuple[BundleStore, Patch], rel: str
) -> None:
    (system.root / rel).parent.mkdir(parents=True, exist_ok=True)
    (system.root / rel).write_text("mine = 1\n")
    before = tree(system.root)
    with pytest.raises(ApplyError, match=f"^{rel}: changed since"):
        apply_patch(system, *made)
    assert tree(system.root) == before


def test_a_deleted_file_and_a_changed_mode_are_changes(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    (system.root / "app.py").chmod(0o755)
    with pytest.raises(ApplyError, match=r"^app\.py: changed since"):
        apply_patch(system, *made)
    (system.root / "app.py").unlink()
    with pytest.raises(ApplyError, match=r"^app\.py: changed since"):
        apply_patch(system, *made)


def test_a_patch_that_is_not_what_was_approved_is_refused(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    store, patch = made
    before = tree(system.root)
    other = store.derive(patch.bundle, {"app.py": "evil = 1\n"})
    for wrong in (
        replace(patch, bundle=other),
        replace(patch, digest="0" * 64),
        replace(patch, files=("app.py",)),
    ):
        with pytest.raises(ApplyError, match=patch.id):
            apply_patch(system, store, wrong)
    victim = store.path(patch.bundle) / "app.py"
    victim.chmod(0o644)
    victim.write_text("evil = 1\n")
    with pytest.raises(ApplyError, match="damaged"):
        apply_patch(system, store, patch)
    assert tree(system.root) == before


@pytest.mark.parametrize("rel", ["mendel.toml", "tests/test_app.py", "notes.txt"])
def test_files_that_may_not_change_are_refused(system: System, rel: str) -> None:
    store, patch = make_patch(system, changes={rel: "# x\n"})
    with pytest.raises(ApplyError, match=f"^{rel}: may not be changed"):
        apply_patch(system, store, patch)


def test_twice_is_refused(system: System, made: tuple[BundleStore, Patch]) -> None:
    apply_patch(system, *made)
    with pytest.raises(ApplyError, match="stands applied already"):
        apply_patch(system, *made)


@pytest.mark.parametrize(
    "interrupt", [KeyboardInterrupt, MemoryError, OSError(28, "No space left on device")]
)
def test_an_interrupt_at_any_step_leaves_everything_old(tmp_path: Path, interrupt: BaseException) -> None:
    steps: list[str] = []
    first = make_system(tmp_path / "count")
    apply_patch(first, *make_patch(first), step=steps.append)
    assert len(steps) == 2 + 2 * len(CHANGES)
    for stop in range(len(steps) - 1):  # the last one is told after everything is done
        system = make_system(tmp_path / str(stop))
        seen: list[str] = []

        def stopped(name: str, seen: list[str] = seen, stop: int = stop) -> None:
            seen.append(name)
            if len(seen) == stop + 1:
                raise interrupt

        before = tree(system.root)
        expected = SwapError if isinstance(interrupt, OSError) else interrupt
        with pytest.raises(expected):  # type: ignore[arg-type]
            apply_patch(system, *make_patch(system), step=stopped)
        assert tree(system.root) == before, steps[stop]
        assert [record.state for record in Journal(system).records()] == ["undone"]
        apply_patch(system, *make_patch(system, "p2"))


def test_an_edit_between_two_files_is_kept(system: System, made: tuple[BundleStore, Patch]) -> None:
    store, patch = made

    def edit(name: str) -> None:
        if name == "renamed app.py":
            (system.root / "pkg/run me.py").write_text("mine")

    before = tree(system.root)
    with pytest.raises(SwapError, match=r"^pkg/run me\.py: changed while"):
        apply_patch(system, store, patch, step=edit)
    after = tree(system.root)
    assert after.pop("pkg/run me.py")[0] == b"mine"
    before.pop("pkg/run me.py")
    assert after == before


@pytest.fixture
def small_disk() -> Iterator[Path]:
    folder = tempfile.mkdtemp()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        os.rmdir(folder)
        pytest.skip("needs the right to mount a small tmpfs")
    yield Path(folder)
    subprocess.run(["umount", folder], check=True)
    os.rmdir(folder)


@pytest.mark.parametrize("free", range(0, 160 * 1024, 8 * 1024))
def test_a_full_disk_leaves_everything_old(small_disk: Path, free: int) -> None:
    system = make_system(small_disk / "system")
    store, patch = make_patch(system, changes={"app.py": "a = 2\n" * 3000, "new/b.py": "b = 1\n" * 3000})
    before = tree(system.root)
    usage = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * max(0, usage.f_bavail * usage.f_frsize - free))
    try:
        apply_patch(system, store, patch)
    except MendelError as error:
        assert "\n" not in str(error) and "No space left" in str(error)
        assert tree(system.root) == before and free < 152 * 1024
    else:
        assert store.snapshot(system) == patch.bundle and free > 16 * 1024
    (small_disk / "filler").unlink()
    if tree(system.root) == before:
        apply_patch(system, store, patch)


def test_a_read_only_folder_is_named_and_nothing_changes() -> None:
    with tempfile.TemporaryDirectory() as name:
        system = make_system(Path(name) / "system")
        store, patch = make_patch(system)
        with unprivileged(Path(name)):
            before = tree(system.root)
            (system.root / "pkg").chmod(0o555)
            with pytest.raises(SwapError, match=r"/pkg.*ermission denied.*nothing was changed"):
                apply_patch(system, store, patch)
            (system.root / "pkg").chmod(0o755)
            assert tree(system.root) == before


class unprivileged:  # noqa: N801 - used like a function
    """Root may write anywhere: become nobody for a while, who then owns the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.was_root = folder, os.geteuid() == 0

    def __enter__(self) -> None:
        if self.was_root:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, 65534, 65534)
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        if self.was_root:
            os.seteuid(0)


def test_files_go_on_belonging_to_their_owner(system: System, made: tuple[BundleStore, Patch]) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(system.root / "app.py", 12345, 54321)
    apply_patch(system, *made)
    status = (system.root / "app.py").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 54321, 0o640)


def test_a_clean_repository_gets_one_commit_of_these_files_alone(
    system: System, made: tuple[BundleStore, Patch]
) -> None:
    git(system.root, "init", "-q")
    git(system.root, "add", ".")
    git(system.root, "commit", "-qm", "start")
    (system.root / "staged.txt").write_text("mine")
    git(system.root, "add", "staged.txt")
    (system.root / "README.md").write_text("edited")
    applied = apply_patch(system, *made)
    assert applied.commit == git(system.root, "rev-parse", "HEAD").strip()
    assert set(git(system.root, "show", "--name-only", "--format=", "HEAD", "-z").split("\0")) - {""} == set(
        CHANGES
    )
    assert git(system.root, "status", "--porcelain").splitlines() == [" M README.md", "A  staged.txt"]
    assert Journal(system).applied("p1").commit == applied.commit  # type: ignore[union-attr]


def test_no_commit_where_the_folder_is_part_of_another_repository_or_the_file_is_not_clean(
    tmp_path: Path, system: System, made: tuple[BundleStore, Patch]
) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "system")
    git(tmp_path, "commit", "-qm", "start")
    assert apply_patch(system, *made).commit is None
    own = make_system(tmp_path / "own")
    git(own.root, "init", "-q")
    git(own.root, "add", "README.md")
    git(own.root, "commit", "-qm", "start")
    assert apply_patch(own, *make_patch(own)).commit is None
    assert git(own.root, "log", "--format=%s").split() == ["start"]


def test_backups_are_proven_and_damage_is_seen(system: System, made: tuple[BundleStore, Patch]) -> None:
    _, patch = made
    backup = SafetyGuard(system).before_modification(patch)
    assert set(backup.files) == set(CHANGES) and backup.files["new/deep/made.py"] is None
    assert backup.verdict().verdict == "pass"
    backups = BackupStore(system)
    digest = backups.put(FILES["app.py"])
    (backups.folder / digest).write_bytes(b"damaged")
    with pytest.raises(BackupError, match="is damaged"):
        backups.get(digest)
    assert backups.put(FILES["app.py"]) == digest and backups.get(digest) == FILES["app.py"]
    with pytest.raises(BackupError, match="is missing"):
        backups.get("0" * 64)
